-- confirm-1.lua: the ledger has the ends of these holds: they need no more attention
-- KEYS: bucket
-- ARGV: deadline_ms, accounts, keep_ended_s
-- REPLIES: confirmed, late
--
-- accounts: a JSON array; of each account `[student, week, reservation, ...]`
-- confirmed: of each account, in this order, how many had been charged here and were waiting for this. Fewer than the ledger
-- charged means that Redis lost some in between: the caller then sets the account right with `sync`.

local bucket = KEYS[1]
local time = redis.call('TIME')
if time[1] * 1000 + time[2] / 1000 > tonumber(ARGV[1]) then
  return { 'late' }
end

local counts = { 'confirmed' }
for place, account in ipairs(cjson.decode(ARGV[2])) do
  local pending_name = bucket .. ':pending:' .. account[1] .. ':' .. account[2]
  local charged = 0
  for index = 3, #account do
    local hold_name = bucket .. ':hold:' .. account[index]
    if redis.call('HDEL', pending_name, account[index]) == 1 then
      -- Its settlement has left nothing else to be done.
      charged = charged + 1
    elseif redis.call('HGET', hold_name, 'state') ~= 'held' then
      redis.call('ZREM', bucket .. ':expiry', account[index])
      redis.call('EXPIRE', hold_name, ARGV[3])
    end
  end
  counts[place + 1] = charged
end
return counts
