-- Looks through a part of a group's pending entries: takes over what its consumer has let lapse
-- (the count grows by one), or moves it to the dead letters if it was delivered too often or its data
-- is gone. Entries that wait for a retry stay; one that nothing would wake is made due. The part ends
-- where enough has been done, so that no call takes much longer than a millisecond.
-- KEYS: stream, due, dead, quotas. ARGV: group, consumer, parked consumer, released consumer, after how
-- many ms idle an entry counts as lapsed, most deliveries, where to begin, most rows to list at a time,
-- most entries to take, most to take, bury and make due in this call, most bytes of those (one entry
-- may be larger), 1 if some that wait are not in the sorted set, whose entries to look at (empty:
-- everybody's, of which those of the released consumer count as lapsed only after a lease time).
-- Result: where to go on (empty: nowhere), {{id, count, fields, former consumer}…}, number of
-- dead letters, {ids whose data is gone, counted among them}, error text.
local stream, group, me, parked, released = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local lease, most, page, room = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[8]), tonumber(ARGV[9])
local acts, bytes, of = tonumber(ARGV[10]), tonumber(ARGV[11]), ARGV[13]
local taken, buried, lost, failure = {}, 0, {}, ''

local function micros()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Only to take less than the counts allow: whatever the clock says, these are the most.
local started = micros()
local function spent()
  return math.abs(micros() - started) >= 1000
end

-- The server skips what is not idle for so long, ten times cheaper than it is listed.
local function list(idle, first, last, count)
  if of == '' then
    return redis.call('XPENDING', stream, group, 'IDLE', idle, first, last, count)
  end
  return redis.call('XPENDING', stream, group, 'IDLE', idle, first, last, count, of)
end

local function make_due(id)
  local due = redis.pcall('ZSCORE', KEYS[2], id)
  if not due then
    due = redis.pcall('ZADD', KEYS[2], string.format('%.0f', now()), id)
    acts = acts - 1
  end
  if type(due) == 'table' and due.err then
    failure = due.err -- the others are looked after all the same
  end
end

local function take_or_bury(id, consumer, count)
  local fields = fields_of(stream, id)
  acts = acts - 1
  bytes = bytes - size_of(fields or {})
  if fields and count < most then
    redis.call('XCLAIM', stream, group, me, 0, id, 'RETRYCOUNT', count + 1, 'JUSTID')
    taken[#taken + 1] = {id, count + 1, fields, consumer}
    return
  end
  local reason = fields and 'MAX_DELIVERIES' or 'PAYLOAD_LOST'
  local refused = bury(stream, group, KEYS[3], id, reason, count, consumer, '', fields or {})
  if refused then
    failure = refused.err
  else
    buried = buried + 1
    if not fields then
      lost[#lost + 1] = id
    end
  end
end

-- Does what there is to do for these rows; the one that it did not come to, or nil.
local function work_on(rows)
  for i = 1, #rows do
    local row = rows[i]
    local id, consumer, idle, count = row[1], row[2], row[3], row[4]
    local before = acts
    if acts <= 0 or bytes <= 0 then return id end
    if consumer == parked then
      if ARGV[12] == '1' and idle >= lease then make_due(id) end
    elseif consumer ~= me and (idle >= lease or consumer == released) and (#taken < room or count >= most) then
      take_or_bury(id, consumer, count)
    end
    if acts < before and acts % 8 == 0 and i < #rows and spent() then return rows[i + 1][1] end
  end
end

-- A walk through few entries. What belongs to the released consumer is anybody's at once.
local idle, from = of == released and 0 or lease, ARGV[7]
if redis.call('XPENDING', stream, group)[1] <= 10000 then
  local rows = list(idle, from, '+', page)
  local left = work_on(rows)
  return {left or #rows == page and '(' .. rows[page][1] or '', taken, buried, lost, failure}
end

-- Among many entries one command must not skip them all. How many there are in a stretch is not known
-- before; some that are listed show how close together they are, and no server appends more than some
-- thousands in a hundred milliseconds.
repeat
  local rows = list(0, from, '+', 32)
  local left = work_on(rows)
  if not left and #rows == 32 then
    local last = rows[32][1]
    local first_time, time = tonumber(string.match(rows[1][1], '^%d+')), tonumber(string.match(last, '^%d+'))
    left = '(' .. last
    if time < 2 ^ 52 then -- beyond that, Lua cannot count
      local to = string.format('%.0f-0', time + math.min(100, 32 * (time - first_time + 1)))
      rows = list(idle, left, '(' .. to, page)
      from = work_on(rows) or #rows == page and '(' .. rows[page][1] or to
    else
      from = left
    end
  else
    return {left or '', taken, buried, lost, failure}
  end
until spent() or acts <= 0 or bytes <= 0
return {from, taken, buried, lost, failure}
