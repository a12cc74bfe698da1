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

local bucket = KEYS[1]
local reservation, ending, student, week, charge = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]

local time = redis.call('TIME')
local now_ms = math.floor(time[1] * 1000 + time[2] / 1000)
if now_ms > tonumber(ARGV[2]) then
  return { 'late' }
end
if ARGV[1] ~= '0' then
  now_ms = tonumber(ARGV[1])
end

local hold_name = bucket .. ':hold:' .. reservation
local hold = redis.call('HMGET', hold_name, 'state', 'student', 'week', 'tokens', 'charge')
local state, tokens = hold[1], hold[4]
if not state then
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
  redis.call('HINCRBY', account_name, 'held', '-' .. tokens)
  redis.call('SREM', bucket .. ':running:' .. hold[2], reservation)
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
