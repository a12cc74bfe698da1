-- sync-1.lua: set an account to what the ledger says, unless the account changed since the ledger was asked
-- KEYS: bucket
-- ARGV: now_ms, deadline_ms, epoch, student, week, rev, granted, settled, recorded, ended, keep_ended_s, ttl_s
-- REPLIES: synced, changed, late
--
-- settled: the ledger's sum and the pending settlements that the ledger does not have yet
-- recorded: a JSON array of the pending ids that the ledger has
-- ended: a JSON array of holds that the ledger has ended, of any week of the student: reservation, state, charge
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

-- An end that Redis has lost. In the meantime another one may have come to it: that one then stands.
-- The account of another week counts as changed and not loaded from then on: what was charged there, its own sync says.
local function end_hold(reservation, state, charge)
  local hold_name = bucket .. ':hold:' .. reservation
  local hold = redis.call('HMGET', hold_name, 'state', 'course', 'week', 'tokens')
  if hold[1] ~= 'held' then
    return
  end
  redis.call('HSET', hold_name, 'state', state, 'charge', charge)
  redis.call('EXPIRE', hold_name, ARGV[11])
  redis.call('SREM', bucket .. ':running:' .. student, reservation)
  redis.call('SREM', bucket .. ':crowd:' .. hold[2], reservation)
  redis.call('ZREM', bucket .. ':expiry', reservation)
  local other_name = bucket .. ':account:' .. student .. ':' .. hold[3]
  if hold[3] ~= week and redis.call('EXISTS', other_name) == 1 then
    redis.call('HINCRBY', other_name, 'held', string.format('%.0f', 0 - tonumber(hold[4])))
    redis.call('HINCRBY', other_name, 'rev', 1)
    redis.call('HSET', other_name, 'epoch', '')
  end
end
for _, ended in ipairs(cjson.decode(ARGV[10])) do
  end_hold(unpack(ended))
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
  redis.call('EXPIRE', account_name, ARGV[12])
end
for _, reservation in ipairs(cjson.decode(ARGV[9])) do
  redis.call('HDEL', bucket .. ':pending:' .. owner, reservation)
end
redis.call('ZADD', bucket .. ':accounts', string.format('%.0f', now_ms), owner)
return { 'synced', before[2] or '', before[3] or '', before[4] or '', held }
