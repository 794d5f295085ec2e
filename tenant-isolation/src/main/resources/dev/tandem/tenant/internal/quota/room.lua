-- Keeps room in a stream for what a process is about to append, beside what others were given room for.
-- KEYS: stream, quota of the stream. ARGV: process, most entries (0: any number), most bytes (0: any),
-- entries and bytes that the process was given room for before and whose outcome it does not know yet,
-- bytes it was given room for that it did not append (less than 0: that it appended without room), entries needed, more wanted, bytes needed, more wanted,
-- for how many ms room is kept.
-- Result: entries and bytes that there is room kept for now; 0, or which of the two lacks room (1: entries,
-- 2: bytes), and then none is kept; entries in the stream; bytes; 1 if less than half of the room is left.
-- quota (hash): 'process <name>' = 'entries bytes until'; and of a stream whose bytes are limited: total =
-- bytes that room was ever given for, less what was given back; marks = 'id total;id total;…', what of them
-- was surely appended when id was the newest; base = that of an entry that is not there any more. So total
-- less base is what is there or may come, and what was trimmed since the mark before: at most a 64th of
-- the limit. Where much came between two marks, because it was asked for at once, or was under way when one
-- was made, it may be more: before room is refused for that, entries are counted, all of them if there are
-- few, and marks are put between them. counted = of what that was done last: it need not be done again.
local OVERHEAD = 64              -- bytes counted for an entry beside its fields
local SAMPLE = 8                 -- entries at each end by which a stream is judged that is new to this
local MOST_MARKS = 128
local PAGE, PAGES = 64, 16       -- entries counted in one step, and steps in one call; the next goes on
local KEPT_MS = 24 * 3600 * 1000 -- for how long a stream that nobody asks about is known
local stream, quota, me = KEYS[1], KEYS[2], 'process ' .. ARGV[1]
local most_n, most_b = tonumber(ARGV[2]), tonumber(ARGV[3])
local mine_n, mine_b, back = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local need_n, wanted_n, need_b, wanted_b =
  tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function whole(number)
  return string.format('%.0f', number)
end

-- Whether one id lies before another; as texts, for Lua's numbers are too small.
local function before(a, b)
  local a_time, a_number = string.match(a, '^(%d+)%-(%d+)$')
  local b_time, b_number = string.match(b, '^(%d+)%-(%d+)$')
  if #a_time ~= #b_time then return #a_time < #b_time end
  if a_time ~= b_time then return a_time < b_time end
  if #a_number ~= #b_number then return #a_number < #b_number end
  return a_number < b_number
end

local function size(entry)
  local bytes = OVERHEAD
  for _, text in ipairs(entry[2]) do
    bytes = bytes + #text
  end
  return bytes
end

local function judged(length)
  local bytes, count = 0, 0
  for _, call in ipairs({{'XRANGE', '-', '+'}, {'XREVRANGE', '+', '-'}}) do
    for _, entry in ipairs(redis.call(call[1], stream, call[2], call[3], 'COUNT', SAMPLE)) do
      bytes, count = bytes + size(entry), count + 1
    end
  end
  return math.floor(bytes / count * length)
end

-- The entries up to the first mark that is left, or up to the newest if there are few, are counted from
-- there back; returns the base, which stays as it is if there are too many of them for one call.
local function counted(kept, base, all)
  while all and #kept > 1 do
    table.remove(kept, 1)
  end
  local at, marked, newest = kept[1].at, kept[1].at, kept[1].id
  for _ = 1, PAGES do
    local page = redis.call('XREVRANGE', stream, newest, '-', 'COUNT', PAGE)
    for _, entry in ipairs(page) do
      if marked - at >= most_b / 64 and #kept < MOST_MARKS then
        table.insert(kept, 1, {id = entry[1], at = at})
        marked = at
      end
      at = math.max(base, at - size(entry))
    end
    if #page < PAGE then
      return at
    end
    newest = '(' .. page[PAGE][1]
  end
  return base
end

local length = redis.call('XLEN', stream)
local others_n, others_b, known = 0, 0, {}
local fields = redis.call('HGETALL', quota)
for i = 1, #fields, 2 do
  local name, value = fields[i], fields[i + 1]
  if string.sub(name, 1, 8) ~= 'process ' then
    known[name] = value
  elseif name ~= me then
    local n, b, till = string.match(value, '^(%d+) (%d+) (%d+)$')
    if tonumber(till) < now then
      redis.call('HDEL', quota, name)
    else
      others_n, others_b = others_n + n, others_b + b
    end
  end
end

local held, total = 0, 0
if most_b > 0 then
  local base, marks = tonumber(known.base or 0), known.marks or ''
  if known.total then
    total = math.max(base, known.total - back)
  else
    total = length > 0 and judged(length) or 0
  end
  local sure = math.max(base, total - others_b - mine_b)
  if length == 0 then
    base, marks = sure, ''
  else
    local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1][1]
    local kept, last = {}, base
    for id, at in string.gmatch(marks, '(%d+%-%d+) (%d+);') do
      last = tonumber(at)
      if before(id, first) then
        base = last
      else
        kept[#kept + 1] = {id = id, at = last}
      end
    end
    local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1][1]
    local state = first .. ' ' .. newest .. ' ' .. whole(sure)
    local full = most_b - total + base < need_b and known.counted ~= state
    local all = full and length < PAGE * PAGES
    if all or sure - last >= most_b / 64 and #kept < MOST_MARKS then
      local same = kept[#kept] and kept[#kept].id == newest
      kept[same and #kept or #kept + 1] = {id = newest, at = sure}
    end
    if all then
      redis.call('HSET', quota, 'counted', state)
    end
    if all or full and kept[1] and kept[1].at - base > most_b / 64 then
      base = counted(kept, base, all)
    end
    marks = ''
    for _, mark in ipairs(kept) do
      marks = marks .. mark.id .. ' ' .. whole(mark.at) .. ';'
    end
  end
  held = total - base
  redis.call('HSET', quota, 'base', whole(base), 'marks', marks)
end

local room_n = most_n > 0 and most_n - length - others_n - mine_n or 2 ^ 48
local room_b = most_b > 0 and most_b - held or 2 ^ 48
local lacks = room_n < need_n and 1 or room_b < need_b and 2 or 0
local n, b = 0, 0
if lacks == 0 then
  n = need_n + math.min(wanted_n, math.floor((room_n - need_n) / 4))
  b = need_b + math.min(wanted_b, math.floor((room_b - need_b) / 4))
end
if most_b > 0 then
  redis.call('HSET', quota, 'total', whole(total + b))
end
if mine_n + n > 0 then
  redis.call('HSET', quota, me, whole(mine_n + n) .. ' ' .. whole(mine_b + b) .. ' ' .. whole(now + ARGV[11]))
else
  redis.call('HDEL', quota, me)
end
redis.call('PEXPIRE', quota, KEPT_MS)
local is_tight = most_n > 0 and (room_n - n) * 2 < most_n or most_b > 0 and (room_b - b) * 2 < most_b
return {n, b, lacks, length, held + b, is_tight and 1 or 0}
