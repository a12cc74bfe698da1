-- expire-1.lua: give back a bounded batch of holds whose deadline has passed
-- KEYS: bucket
-- ARGV: now_ms, deadline_ms, limit, attend_after_ms
-- REPLIES: ended, late
--
-- ended: one JSON array for each: reservation, state (expired or released), student, course, week, model, tokens
-- A hold leaves the `expiry` set only when `confirm` says that the ledger has its end. Until then it comes up here
-- again after attend_after_ms, so an end survives the death of the process that was told about it.

local bucket = KEYS[1]
local expiry_name = bucket .. ':expiry'

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
if now_us > tonumber(ARGV[2]) * 1000 then
  return { 'late' }
end
if ARGV[1] ~= '0' then
  now_us = tonumber(ARGV[1]) * 1000
end
local now_ms = math.floor(now_us / 1000)

-- Of the tokens per minute, what has not flowed off yet is given back (as in settle-1.lua).
local function give_back(student, hold_flow, cost_us)
  local flow_name = bucket .. ':flow:' .. student
  local flow_us, limit = string.match(redis.call('GET', flow_name) or '', '^(%d+) (%d+)$')
  local hold_flow_us, hold_limit = string.match(hold_flow, '^(%d+) (%d+)$')
  if not flow_us or limit ~= hold_limit then
    return
  end
  local back_us = math.min(tonumber(cost_us), tonumber(hold_flow_us) - now_us)
  if back_us > 0 then
    redis.call('SET', flow_name, string.format('%.0f ', math.max(tonumber(flow_us) - back_us, 0)) .. limit, 'KEEPTTL')
  end
end

local reply = { 'ended' }
local again_ms = string.format('%.0f', now_ms + tonumber(ARGV[4]))
local due = redis.call('ZRANGEBYSCORE', expiry_name, '-inf', string.format('%.0f', now_ms), 'LIMIT', 0, ARGV[3])
for _, reservation in ipairs(due) do
  local hold_name = bucket .. ':hold:' .. reservation
  local hold = redis.call('HMGET', hold_name, 'state', 'student', 'course', 'week', 'model', 'tokens', 'flow',
    'cost_us')
  local state = hold[1]
  if state == 'held' then
    state = 'expired'
    redis.call('HSET', hold_name, 'state', state)
    redis.call('SREM', bucket .. ':running:' .. hold[2], reservation)
    redis.call('SREM', bucket .. ':crowd:' .. hold[3], reservation)
    if hold[7] then
      give_back(hold[2], hold[7], hold[8])
    end
    local account_name = bucket .. ':account:' .. hold[2] .. ':' .. hold[4]
    if redis.call('EXISTS', account_name) == 1 then
      redis.call('HINCRBY', account_name, 'held', string.format('%.0f', 0 - tonumber(hold[6])))
    end
  end
  if state == 'expired' or state == 'released' then
    redis.call('ZADD', expiry_name, again_ms, reservation)
    reply[#reply + 1] = cjson.encode({ reservation, state, hold[2], hold[3], hold[4], hold[5], hold[6] })
  else
    redis.call('ZREM', expiry_name, reservation)
  end
end
return reply
