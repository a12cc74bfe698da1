-- reserve-1.lua: hold tokens for one request. Decided in this order: key, course open, model, requests per minute, parallel
--   requests of the student, then of the course, budget, tokens per minute
-- KEYS: bucket
-- ARGV: now_ms, deadline_ms, reservation, key_hash, model, input_tokens, max_output_tokens, choices, ttl_ms,
--   least_output_tokens, own_key_at
-- REPLIES: granted, denied, need, conflict, released, late
--
-- granted: student, course, week, tokens held, output cap per choice, lowered (0 or 1), remaining, resets_at_ms, weights,
--   own key (`<provider> <key as stored>`) and answer cache (`<free or charged> <minutes>`), empty where there is none, limits
-- denied: reason, retry_after_ms, remaining, held, resets_at_ms, limits (empty: none); nothing has been changed
-- weights: of input, cached input and output, in thousandths of a token
-- limits: requests per minute, how many remain, milliseconds until all are there; the same of tokens (-: no limit)
-- need: what is not loaded (epoch, key, course, account, own_keys), epoch, course, student, week
-- conflict: this reservation id has asked something else before
-- released: the caller gave up on it before it came here
-- now_ms 0: Redis's own clock decides. max_output_tokens -1: the course's default. least_output_tokens: the output cap may be
--   lowered so far; -1: not at all. own_key_at: providers, with spaces between; a key of the student's own at the first of them
--   that has one pays for the request, where the course lets it
-- Names are derived from the bucket, whose hash tag they share, because the key's owner and the week are found here.

local bucket = KEYS[1]
local reservation, key_hash, model, asked_output = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[7])
local input, choices, ttl_ms, least = tonumber(ARGV[6]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local own_key_at = ARGV[11]

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
local asked = table.concat({ key_hash, ARGV[6], ARGV[7], ARGV[8], ARGV[10], model }, ' ')
local question = redis.sha1hex(own_key_at == '' and asked or asked .. '\n' .. own_key_at)
local hold = redis.call('HMGET', hold_name, 'question', 'student', 'course', 'week', 'tokens', 'cap', 'lowered',
  'remaining', 'resets_at_ms', 'weights', 'own', 'cache', 'limits', 'state')
if hold[14] == 'never' then
  return { 'released' }
end
if hold[1] then
  if hold[1] ~= question then
    return { 'conflict' }
  end
  -- One that another release of the service wrote has neither.
  hold[11], hold[12] = hold[11] or '', hold[12] or ''
  return { 'granted', unpack(hold, 2, 13) }
end

local key = redis.call('HMGET', name('key', key_hash), 'epoch', 'state', 'student', 'course')
if key[1] ~= epoch then
  return { 'need', 'key', epoch, '', '', '' }
end
if key[2] ~= 'owner' then
  return { 'denied', 'invalid_api_key', '', '', '', '', '' }
end
local student, course = key[3], key[4]

local policy = redis.call('HMGET', name('course', course), 'epoch', 'calendar', 'models', 'default_max_tokens',
  'requests_per_minute', 'parallel_requests', 'weights', 'tokens_per_minute', 'course_parallel_requests', 'own_keys', 'answer_cache', 'rests')
if policy[1] ~= epoch or not policy[2] then
  return { 'need', 'course', epoch, course, student, '' }
end

local function stretch_in(calendar)
  for starts_at, ends_at, number in string.gmatch(calendar, '(%d+)-(%d+):(%d+)') do
    if tonumber(ends_at) > now_ms then
      if tonumber(starts_at) <= now_ms then
        return number, ends_at
      end
      return
    end
  end
end
local week, resets_at_ms = stretch_in(policy[2])
-- An account for trials (trial.ts): staff try their prompts before the course begins, too.
if not week and #student == 70 and string.find(student, '^trial%.[0-9a-f]+$') then
  if not policy[12] then
    return { 'need', 'course', epoch, course, student, '' }
  end
  week, resets_at_ms = stretch_in(policy[12])
end
if not week then
  return { 'denied', 'course_closed', '', '', '', '', '' }
end

local account_name = name('account', student .. ':' .. week)
local account = redis.call('HMGET', account_name, 'epoch', 'granted', 'settled', 'held')
if account[1] ~= epoch then
  return { 'need', 'account', epoch, course, student, week }
end

-- Looked for only where it may be used, so that the others never wait for it to be loaded.
local own = ''
if own_key_at ~= '' and policy[10] == '1' then
  local fields = {}
  for provider in string.gmatch(own_key_at, '%S+') do
    fields[#fields + 1] = 'at:' .. provider
  end
  local keys = redis.call('HMGET', name('own', student), 'epoch', unpack(fields))
  if keys[1] ~= epoch then
    return { 'need', 'own_keys', epoch, course, student, '' }
  end
  for place, field in ipairs(fields) do
    if keys[place + 1] then
      own = string.sub(field, 4) .. ' ' .. keys[place + 1]
      break
    end
  end
end

local unspent = tonumber(account[2]) - tonumber(account[3])
local held = tonumber(account[4])
local left = unspent - held

-- GCRA: how far ahead of now an even flow would have to be for what was let through; a minute ahead is the most. It is kept
-- with the limit by which it was counted, so that another limit is in force at once, and does not make the wait longer
-- than a minute.
local MINUTE_US = 60000000
local requests_per_minute, tokens_per_minute = tonumber(policy[5]), tonumber(policy[8])
local rate_name, flow_name = name('rate', student), name('flow', student)
local flows = redis.call('MGET', rate_name, flow_name)
local function ahead_us(flow, per_minute)
  local arrival_us, counted_by = string.match(flow or '', '^(%d+) (%d+)$')
  if not arrival_us or not per_minute or tonumber(arrival_us) <= now_us then
    return 0
  end
  local us = tonumber(arrival_us) - now_us
  return math.floor(math.min(us * (tonumber(counted_by) / per_minute), math.max(us, MINUTE_US)))
end
local rate_us, flow_us = ahead_us(flows[1], requests_per_minute), ahead_us(flows[2], tokens_per_minute)
local interval_us = math.floor(MINUTE_US / requests_per_minute)

local function ms(us)
  return int(math.ceil(us / 1000))
end
local function limits()
  local requests = math.min(requests_per_minute, math.floor(math.max(MINUTE_US - rate_us, 0) / interval_us))
  local told = int(requests_per_minute) .. ' ' .. int(requests) .. ' ' .. ms(rate_us)
  if not tokens_per_minute then
    return told .. ' - - -'
  end
  local tokens = math.floor(math.max(MINUTE_US - flow_us, 0) * tokens_per_minute / MINUTE_US)
  return told .. ' ' .. int(tokens_per_minute) .. ' ' .. int(tokens) .. ' ' .. ms(flow_us)
end
local function denied(reason, retry_after_ms)
  return { 'denied', reason, retry_after_ms, int(left), int(held), resets_at_ms, limits() }
end

-- One name between line feeds, which no name contains; none at all: every model.
local is_listed = policy[3] == '' or string.find(policy[3], '\n' .. model .. '\n', 1, true)
if not is_listed or string.find(model, '\n', 1, true) then
  return denied('model_not_found', '')
end

if rate_us + interval_us > MINUTE_US then
  return denied('rate_limit_exceeded', ms(rate_us + interval_us - MINUTE_US))
end

local running_name, crowd_name = name('running', student), name('crowd', course)
if redis.call('SCARD', running_name) >= tonumber(policy[6]) then
  return denied('too_many_parallel_requests', '1000')
end
local crowd_limit = tonumber(policy[9])
if crowd_limit and redis.call('SCARD', crowd_name) >= crowd_limit then
  return denied('too_many_parallel_requests', '1000')
end

-- `<model> TAB <input> <cached input> <output>` between line feeds.
local weights = '1000 1000 1000'
local _, tab = string.find(policy[7], '\n' .. model .. '\t', 1, true)
if tab then
  weights = string.match(policy[7], '^[^\n]*', tab + 1)
end
if own ~= '' then
  weights = '0 0 0'
end
local input_weight, output_weight = string.match(weights, '^(%d+) %d+ (%d+)$')
input_weight, output_weight = tonumber(input_weight), tonumber(output_weight)

-- Whole tokens and thousandths apart: their product may be more than a number counts exactly.
local function weigh(count, weight)
  local rest = math.fmod(count, 1000)
  return (count - rest) / 1000 * weight, rest * weight
end
local input_tokens, input_rest = weigh(input, input_weight)
local function tokens_with(cap)
  local output_tokens, output_rest = weigh(choices * cap, output_weight)
  return input_tokens + output_tokens + math.ceil((input_rest + output_rest) / 1000)
end

local wanted_cap = asked_output >= 0 and asked_output or tonumber(policy[4])
local useful_cap = least >= 0 and math.min(wanted_cap, least) or wanted_cap
-- The greatest cap that so many tokens pay for; below 0: not even the input. A room for output of 9e12 tokens is as good
-- as a greater one, and its thousandths are still counted exactly.
local function fitting_cap(tokens)
  local room = math.min(tokens - input_tokens, 9e12) * 1000 - input_rest
  if room < 0 then
    return -1
  end
  local price = choices * output_weight
  if price == 0 then
    return wanted_cap
  end
  return math.min(wanted_cap, (room - math.fmod(room, price)) / price)
end
-- Who pays for it is not refused for a budget that it does not touch, not even for one below zero.
local cap = own ~= '' and wanted_cap or fitting_cap(left)
if cap < useful_cap then
  if fitting_cap(unspent) >= useful_cap then
    return denied('budget_in_use', '1000')
  end
  return denied('insufficient_quota', '')
end
local tokens = tokens_with(cap)

-- A call of more than a minute's tokens is let through when none of them are taken, and delays what comes after it by up
-- to an hour.
local HOUR_US = 3600000000
local cost_us = tokens_per_minute and math.min(math.floor(tokens * MINUTE_US / tokens_per_minute), HOUR_US) or 0
if cost_us > 0 and flow_us > 0 and flow_us + cost_us > MINUTE_US then
  return denied('rate_limit_exceeded', ms(math.min(flow_us + cost_us - MINUTE_US, flow_us)))
end

rate_us, flow_us = rate_us + interval_us, flow_us + cost_us
local answer = { student, course, week, int(tokens), int(cap), cap < wanted_cap and 1 or 0, int(left - tokens), resets_at_ms,
  weights, own, policy[11] or '', limits() }
redis.call('HSET', hold_name, 'state', 'held', 'question', question, 'model', model, 'student', student, 'course', course,
  'week', week, 'tokens', answer[4], 'cap', answer[5], 'lowered', answer[6], 'remaining', answer[7],
  'resets_at_ms', resets_at_ms, 'weights', weights, 'own', own, 'cache', answer[11],
  'limits', answer[12])
redis.call('HINCRBY', account_name, 'held', answer[4])
redis.call('ZADD', bucket .. ':expiry', int(now_ms + ttl_ms), reservation)
redis.call('SADD', running_name, reservation)
redis.call('SADD', crowd_name, reservation)
redis.call('SET', rate_name, int(now_us + rate_us) .. ' ' .. policy[5], 'PX', ms(rate_us))
if cost_us > 0 then
  local flow = int(now_us + flow_us) .. ' ' .. policy[8]
  redis.call('SET', flow_name, flow, 'PX', ms(flow_us))
  redis.call('HSET', hold_name, 'flow', flow, 'cost_us', int(cost_us))
end
return { 'granted', unpack(answer) }
