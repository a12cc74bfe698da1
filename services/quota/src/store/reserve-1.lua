-- reserve-1.lua: hold tokens for one request; key, course, model, rate, parallel requests and budget are decided, in this order
-- KEYS: bucket
-- ARGV: now_ms, deadline_ms, reservation, key_hash, model, input_tokens, max_output_tokens, choices, ttl_ms,
--   minimum_output_tokens
-- REPLIES: granted, denied, need, conflict, late
--
-- granted: student, course, week, tokens held, output cap per choice, lowered (0 or 1), remaining, resets_at_ms
-- denied: reason, retry_after_ms, remaining, resets_at_ms (empty: none); nothing has been changed
-- need: what is not loaded (epoch, key, course, account), epoch, course, student, week
-- conflict: this reservation id has asked something else before
-- now_ms 0: Redis's own clock decides. max_output_tokens -1: the course's default.
-- Names are derived from the bucket, whose hash tag they share, because the key's owner and the week are found here.

local bucket = KEYS[1]
local reservation, key_hash, model, asked_output = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[7])
local input, choices, ttl_ms, minimum = tonumber(ARGV[6]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])

local function name(noun, id)
  return bucket .. ':' .. noun .. ':' .. id
end
local function int(number)
  return string.format('%.0f', number)
end

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
if now_us > tonumber(ARGV[2]) * 1000 then
  return { 'late' }
end
if ARGV[1] ~= '0' then
  now_us = tonumber(ARGV[1]) * 1000
end
local now_ms = math.floor(now_us / 1000)

-- An epoch written by another server, or none: nothing here can be trusted to be complete.
-- (A plain search: matching a pattern against all of INFO would cost more than everything else here.)
local epoch = redis.call('GET', bucket .. ':epoch')
if not epoch or not string.find(redis.call('INFO', 'server'), 'run_id:' .. string.sub(epoch, 1, 40), 1, true) then
  return { 'need', 'epoch', '', '', '', '' }
end

-- The same question gets the same answer. Its digest is short enough for Redis's compact form of a small hash.
local hold_name = name('hold', reservation)
local question = redis.sha1hex(table.concat({ key_hash, ARGV[6], ARGV[7], ARGV[8], model }, ' '))
local hold = redis.call('HMGET', hold_name, 'question', 'student', 'course', 'week', 'tokens', 'cap', 'lowered',
  'remaining', 'resets_at_ms')
if hold[1] then
  if hold[1] ~= question then
    return { 'conflict' }
  end
  return { 'granted', unpack(hold, 2) }
end

local key = redis.call('HMGET', name('key', key_hash), 'epoch', 'state', 'student', 'course')
if key[1] ~= epoch then
  return { 'need', 'key', epoch, '', '', '' }
end
if key[2] ~= 'owner' then
  return { 'denied', 'invalid_api_key', '', '', '' }
end
local student, course = key[3], key[4]

local policy = redis.call('HMGET', name('course', course), 'epoch', 'boundaries_ms', 'models', 'default_max_tokens',
  'requests_per_minute', 'parallel_requests')
if policy[1] ~= epoch then
  return { 'need', 'course', epoch, course, student, '' }
end

local week, resets_at_ms = 0, nil
for boundary in string.gmatch(policy[2], '%d+') do
  if tonumber(boundary) > now_ms then
    resets_at_ms = boundary
    break
  end
  week = week + 1
end
if week == 0 or not resets_at_ms then
  return { 'denied', 'course_closed', '', '', '' }
end

local account_name = name('account', student .. ':' .. week)
local account = redis.call('HMGET', account_name, 'epoch', 'granted', 'settled', 'held')
if account[1] ~= epoch then
  return { 'need', 'account', epoch, course, student, week }
end
local unspent = tonumber(account[2]) - tonumber(account[3])
local held = tonumber(account[4])
local left = unspent - held

local function denied(reason, retry_after_ms)
  return { 'denied', reason, retry_after_ms, int(left), resets_at_ms }
end

-- One name between line feeds, which no name contains; none at all: every model.
local is_listed = policy[3] == '' or string.find(policy[3], '\n' .. model .. '\n', 1, true)
if not is_listed or string.find(model, '\n', 1, true) then
  return denied('model_not_found', '')
end

-- GCRA: the arrival time that an even flow would have reached. A refused call leaves it alone.
local interval_us = math.ceil(60000000 / tonumber(policy[5]))
local rate_name = name('rate', student)
local arrival_us = math.max(tonumber(redis.call('GET', rate_name) or 0), now_us) + interval_us
if arrival_us - 60000000 > now_us then
  return denied('rate_limit_exceeded', int(math.ceil((arrival_us - 60000000 - now_us) / 1000)))
end

local running_name = name('running', student)
if redis.call('SCARD', running_name) >= tonumber(policy[6]) then
  return denied('too_many_parallel_requests', '1000')
end

local wanted_cap = asked_output >= 0 and asked_output or tonumber(policy[4])
local useful_cap = math.min(wanted_cap, minimum)
local function fitting_cap(tokens)
  return math.min(wanted_cap, math.floor((tokens - input) / choices))
end
local cap = fitting_cap(left)
if cap < useful_cap then
  if fitting_cap(unspent) >= useful_cap then
    return denied('budget_in_use', '1000')
  end
  return denied('insufficient_quota', '')
end

local tokens = input + choices * cap
local answer = { student, course, week, int(tokens), int(cap), cap < wanted_cap and 1 or 0, int(left - tokens), resets_at_ms }
redis.call('HSET', hold_name, 'state', 'held', 'question', question, 'model', model, 'student', student, 'course', course,
  'week', week, 'tokens', answer[4], 'cap', answer[5], 'lowered', answer[6], 'remaining', answer[7],
  'resets_at_ms', resets_at_ms)
redis.call('HINCRBY', account_name, 'held', answer[4])
redis.call('ZADD', bucket .. ':expiry', int(now_ms + ttl_ms), reservation)
redis.call('SADD', running_name, reservation)
redis.call('SET', rate_name, int(arrival_us), 'PX', int(math.ceil((arrival_us - now_us) / 1000)))
return { 'granted', unpack(answer) }
