-- settle-1.lua: end one hold: charge it (settle) or give it back (release)
-- KEYS: bucket
-- ARGV: now_ms, deadline_ms, reservation, end, student, week, charge_tokens, attend_after_ms, keep_ended_s
-- REPLIES: ended, repeat, conflict, unknown, late
--
-- ended: this call ended it, or charged one that had expired: state before, tokens held
-- repeat: it had this end already, or it expired and is now released: nothing changes
-- conflict: it ended otherwise, or it belongs to another account than the one named
-- unknown: no such hold, or its account is not loaded: only the ledger can tell whether it was charged
-- student and week may be empty where the caller knows the reservation only. attend_after_ms: when the expirer
-- should look whether the ledger has a release that no message of the stream will bring again.
-- A release by a call (no student named) is of a request that was never sent: it does not count for requests per minute.
-- A release that finds no hold leaves a mark: the reservation may still be on its way here, and nobody would end it.

local bucket = KEYS[1]
local reservation, ending, student, week, charge = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
if now_us > tonumber(ARGV[2]) * 1000 then
  return { 'late' }
end
if ARGV[1] ~= '0' then
  now_us = tonumber(ARGV[1]) * 1000
end
local now_ms = math.floor(now_us / 1000)

-- Of the tokens per minute, what was not used is given back, as far as it has not flowed off yet (and still by the same limit).
local function give_back(owner, hold_flow, cost_us, tokens)
  local flow_name = bucket .. ':flow:' .. owner
  local flow_us, limit = string.match(redis.call('GET', flow_name) or '', '^(%d+) (%d+)$')
  local hold_flow_us, hold_limit = string.match(hold_flow, '^(%d+) (%d+)$')
  if not flow_us or limit ~= hold_limit then
    return
  end
  local unused_us = math.max(0, 1 - tonumber(charge) / tonumber(tokens)) * tonumber(cost_us)
  local back_us = math.floor(math.min(unused_us, tonumber(hold_flow_us) - now_us))
  if back_us > 0 then
    redis.call('SET', flow_name, string.format('%.0f ', math.max(tonumber(flow_us) - back_us, 0)) .. limit, 'KEEPTTL')
  end
end

-- Of the requests per minute, the one of a request that was not made (an interval, while still counted by the same limit).
local function give_back_request(owner, limits)
  local rate_name = bucket .. ':rate:' .. owner
  local arrival_us, limit = string.match(redis.call('GET', rate_name) or '', '^(%d+) (%d+)$')
  if not arrival_us or limit ~= string.match(limits, '^%d+') then
    return
  end
  local interval_us = math.floor(60000000 / tonumber(limit))
  redis.call('SET', rate_name, string.format('%.0f ', math.max(tonumber(arrival_us) - interval_us, 0)) .. limit, 'KEEPTTL')
end

local hold_name = bucket .. ':hold:' .. reservation
local hold = redis.call('HMGET', hold_name, 'state', 'student', 'week', 'tokens', 'charge', 'course', 'flow', 'cost_us',
  'limits')
local state, tokens = hold[1], hold[4]
if not state or state == 'never' then
  if ending == 'release' and student == '' then
    redis.call('HSET', hold_name, 'state', 'never')
    redis.call('EXPIRE', hold_name, ARGV[9])
  end
  return { 'unknown' }
end
if student ~= '' and (hold[2] ~= student or hold[3] ~= week) then
  return { 'conflict' }
end
local final = ending == 'settle' and 'settled' or 'released'
if state == final and (final == 'released' or hold[5] == charge) then
  return { 'repeat' }
end
if state == 'expired' and final == 'released' then
  return { 'repeat' }
end
if state == 'settled' or state == 'released' then
  return { 'conflict' }
end
local owner = hold[2] .. ':' .. hold[3]
local account_name = bucket .. ':account:' .. owner
if redis.call('EXISTS', account_name) == 0 then
  return { 'unknown' }
end

redis.call('HSET', hold_name, 'state', final, 'charge', charge)
if state == 'held' then
  -- Not '-' .. tokens: Redis takes no '-0'.
  redis.call('HINCRBY', account_name, 'held', string.format('%.0f', 0 - tonumber(tokens)))
  redis.call('SREM', bucket .. ':running:' .. hold[2], reservation)
  redis.call('SREM', bucket .. ':crowd:' .. hold[6], reservation)
  if hold[7] then
    give_back(hold[2], hold[7], hold[8], tokens)
  end
  if student == '' then
    give_back_request(hold[2], hold[9])
  end
end
if final == 'settled' then
  redis.call('HINCRBY', account_name, 'settled', charge)
  redis.call('HINCRBY', account_name, 'rev', 1)
  redis.call('HSET', bucket .. ':pending:' .. owner, reservation, charge)
  redis.call('ZREM', bucket .. ':expiry', reservation)
  redis.call('EXPIRE', hold_name, ARGV[9])
else
  redis.call('ZADD', bucket .. ':expiry', string.format('%.0f', now_ms + tonumber(ARGV[8])), reservation)
end
return { 'ended', state, tokens }
