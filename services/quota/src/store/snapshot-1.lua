-- snapshot-1.lua: what Redis holds about one account, at one instant; changes nothing
-- KEYS: bucket
-- ARGV: now_ms, course, student, week
-- REPLIES: account, absent, closed
--
-- account: epoch of the bucket, epoch of the account, rev, granted, settled, held, carry, running, then id and charge of
-- each settlement that the ledger has not confirmed
-- absent: epoch of the bucket, '', 0, 0, 0, 0, carry, running, then the same
-- closed: the bucket has no epoch, or that of another server: what is in it may be of an old file
-- carry: where this week is running and follows another, the tokens of that other week that are held, or charged without
-- the ledger's word: its end has come, so they only become fewer. `course`: not known here. `no`: nothing is carried.
-- running: the ids of the student's open holds, of every week, with spaces between

local bucket = KEYS[1]
local student, week = ARGV[3], tonumber(ARGV[4])
local epoch = redis.call('GET', bucket .. ':epoch')
if not epoch or not string.find(redis.call('INFO', 'server'), 'run_id:' .. string.sub(epoch, 1, 40), 1, true) then
  return { 'closed' }
end
local time = redis.call('TIME')
local now_ms = math.floor(time[1] * 1000 + time[2] / 1000)
if ARGV[1] ~= '0' then
  now_ms = tonumber(ARGV[1])
end

local function is_running(calendar)
  for starts_at, ends_at in string.gmatch(calendar, '(%d+)-(%d+):' .. week .. '%f[%D]') do
    return tonumber(starts_at) <= now_ms and now_ms < tonumber(ends_at)
  end
end
local function carry()
  local course = redis.call('HMGET', bucket .. ':course:' .. ARGV[2], 'epoch', 'calendar')
  if course[1] ~= epoch or not course[2] then
    return 'course'
  end
  -- 1000 and more are no weeks.
  if week == 1 or week >= 1000 or not is_running(course[2]) then
    return 'no'
  end
  local before = student .. ':' .. string.format('%.0f', week - 1)
  local open = tonumber(redis.call('HGET', bucket .. ':account:' .. before, 'held') or 0)
  for _, charge in ipairs(redis.call('HVALS', bucket .. ':pending:' .. before)) do
    open = open + tonumber(charge)
  end
  return string.format('%.0f', open)
end

local owner = student .. ':' .. ARGV[4]
local account = redis.call('HMGET', bucket .. ':account:' .. owner, 'epoch', 'rev', 'granted', 'settled', 'held')
local reply = { 'absent', epoch, '', '0', '0', '0', '0' }
if account[2] then
  reply = { 'account', epoch, unpack(account) }
end
reply[8] = carry()
reply[9] = table.concat(redis.call('SMEMBERS', bucket .. ':running:' .. student), ' ')
for _, value in ipairs(redis.call('HGETALL', bucket .. ':pending:' .. owner)) do
  reply[#reply + 1] = value
end
return reply
