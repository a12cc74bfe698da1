-- sync-1.lua: set an account to what the ledger says, unless the account changed since the ledger was asked
-- KEYS: bucket
-- ARGV: now_ms, deadline_ms, epoch, student, week, rev, granted, settled, recorded, ttl_s
-- REPLIES: synced, changed, late
--
-- settled: the ledger's sum and the pending settlements that the ledger does not have yet
-- recorded: a JSON array of the pending ids that the ledger has
-- synced: granted, settled and held before (empty: there was no account), held now
-- changed: another epoch or another revision: read both sides again

local bucket = KEYS[1]
local student, week, rev = ARGV[4], ARGV[5], ARGV[6]
local owner = student .. ':' .. week

local time = redis.call('TIME')
local now_ms = math.floor(time[1] * 1000 + time[2] / 1000)
if now_ms > tonumber(ARGV[2]) then
  return { 'late' }
end
if ARGV[1] ~= '0' then
  now_ms = tonumber(ARGV[1])
end

local account_name = bucket .. ':account:' .. owner
local before = redis.call('HMGET', account_name, 'rev', 'granted', 'settled', 'held')
if redis.call('GET', bucket .. ':epoch') ~= ARGV[3] or (before[1] or '0') ~= rev then
  return { 'changed' }
end

-- What is held is what the student's open holds of this week add up to.
local held = 0
for _, reservation in ipairs(redis.call('SMEMBERS', bucket .. ':running:' .. student)) do
  local hold = redis.call('HMGET', bucket .. ':hold:' .. reservation, 'week', 'tokens')
  if hold[1] == week then
    held = held + tonumber(hold[2])
  end
end
held = string.format('%.0f', held)

redis.call('HSET', account_name, 'epoch', ARGV[3], 'rev', string.format('%.0f', tonumber(rev) + 1), 'granted', ARGV[7],
  'settled', ARGV[8], 'held', held)
if not before[1] then
  redis.call('EXPIRE', account_name, ARGV[10])
end
for _, reservation in ipairs(cjson.decode(ARGV[9])) do
  redis.call('HDEL', bucket .. ':pending:' .. owner, reservation)
end
redis.call('ZADD', bucket .. ':accounts', string.format('%.0f', now_ms), owner)
return { 'synced', before[2] or '', before[3] or '', before[4] or '', held }
