-- confirm-1.lua: the ledger has the ends of these holds of one account: they need no more attention
-- KEYS: bucket
-- ARGV: deadline_ms, student, week, reservations, keep_ended_s
-- REPLIES: confirmed, late
--
-- reservations: a JSON array of ids
-- confirmed: how many of them had been charged here and were waiting for this. Fewer than the ledger charged means that
-- Redis lost some in between: the caller then sets the account right with `sync`.

local bucket = KEYS[1]
local time = redis.call('TIME')
if time[1] * 1000 + time[2] / 1000 > tonumber(ARGV[1]) then
  return { 'late' }
end

local pending_name = bucket .. ':pending:' .. ARGV[2] .. ':' .. ARGV[3]
local charged = 0
for _, reservation in ipairs(cjson.decode(ARGV[4])) do
  local hold_name = bucket .. ':hold:' .. reservation
  charged = charged + redis.call('HDEL', pending_name, reservation)
  if redis.call('HGET', hold_name, 'state') ~= 'held' then
    redis.call('ZREM', bucket .. ':expiry', reservation)
    redis.call('EXPIRE', hold_name, ARGV[5])
  end
end
return { 'confirmed', charged }
