-- Looks at a group: where it stands, and what there is to do in it.
-- KEYS: stream, due, sweep, replay. ARGV: group, consumer, parked consumer, released consumer, lease in ms, for
-- how many ms nobody else sweeps, most pending entries to list, after how many ms a consumer is old.
-- Result: nothing if there is no such group; otherwise its position, its mark, ms until the next retry
-- is due (-1: none waits), 1 if it is our turn to sweep and there is something to sweep, 1 if some that
-- wait for a retry are not in the sorted set, for each other consumer that holds something {name, 1 if
-- it was silent for a lease time or what it holds is anybody's, 1 if it holds more than follows, id,
-- count…}, {consumers that hold nothing and were silent for long}, error text, entries to be replayed,
-- {pending, that wait for a retry, not delivered yet, age of the oldest pending one in ms, entries in the
-- stream, the server's time in ms}, 1 if something is pending under our name that was not renewed for a
-- lease time.
local stream, group = KEYS[1], ARGV[1]
if redis.call('EXISTS', stream) == 0 then
  return {}
end
local known
for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  if value_of(info, 'name') == group then known = info end
end
if not known then
  return {}
end
local position = value_of(known, 'last-delivered-id')
local length, time = redis.call('XLEN', stream), now()

local function millis_of(id)
  return tonumber(string.match(id, '^%d+'))
end

-- How many entries the group has not been given: what the server counts; if it does not, all if that
-- is known, otherwise as many as one page shows, and for the rest a guess from the times in the ids.
local function lag()
  local counted = value_of(known, 'lag')
  if counted then return math.max(0, counted) end
  local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  if not first or before(position, first[1]) then return length end
  local page = redis.call('XRANGE', stream, '(' .. position, '+', 'COUNT', 32)
  if #page < 32 then return #page end
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1][1]
  local left, all = millis_of(last) - millis_of(page[32][1]), millis_of(last) - millis_of(first[1])
  return math.min(length, 32 + math.ceil(length * left / math.max(1, all)))
end

local function oldest_age()
  if value_of(known, 'pending') == 0 then return 0 end
  local oldest = redis.call('XPENDING', stream, group, '-', '+', 1)[1]
  return oldest and math.max(0, time - millis_of(oldest[1])) or 0
end

local mark, parked, others, held, old, forgotten = '', 0, false, {}, {}, 0
local left = tonumber(ARGV[7])
for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
  local name, count = value_of(info, 'name'), value_of(info, 'pending')
  if string.sub(name, 1, 11) == 'tandem-mark' then
    mark = name
  elseif name == ARGV[3] then
    parked = count
  elseif count == 0 then
    if name ~= ARGV[2] and value_of(info, 'idle') >= tonumber(ARGV[8]) and #old < 10 then
      old[#old + 1] = name
    end
  elseif name == ARGV[2] then
    forgotten = #redis.call('XPENDING', stream, group, 'IDLE', ARGV[5], '-', '+', 1, name)
  else
    others = true
    local lapsed = name == ARGV[4] or value_of(info, 'idle') >= tonumber(ARGV[5])
    local rows = redis.call('XPENDING', stream, group, '-', '+', math.max(1, left), name)
    left = left - #rows
    local list = {name, lapsed and 1 or 0, #rows < count and 1 or 0}
    for _, row in ipairs(rows) do
      list[#list + 1] = row[1]
      list[#list + 1] = row[4]
    end
    held[#held + 1] = list
  end
end

-- What is in the way of the sorted set must not keep lapsed deliveries from being found.
local wait, astray, waiting, failure = -1, 0, 0, ''
local first = redis.pcall('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if first.err then
  failure = first.err
else
  wait = first[2] and math.max(0, math.floor(first[2] - time)) or -1
  waiting = first[2] and redis.call('ZCARD', KEYS[2]) or 0
  astray = parked > waiting and 1 or 0
end

-- Taking turns saves work only: if the server is out of memory, everybody may. A turn with more than a
-- lease time to go was taken before the server's clock was set back, and counts no more.
local turn = 0
if others or astray == 1 then
  local got = redis.pcall('SET', KEYS[3], ARGV[2], 'NX', 'PX', ARGV[6])
  if not got and redis.call('PTTL', KEYS[3]) > tonumber(ARGV[5]) then
    got = redis.pcall('SET', KEYS[3], ARGV[2], 'PX', ARGV[6])
  end
  turn = got and 1 or 0
end
local replay = redis.pcall('XLEN', KEYS[4])
local counts = {value_of(known, 'pending'), waiting, lag(), oldest_age(), length, time}
return {
  position, mark, wait, turn, astray, held, old, failure, type(replay) == 'number' and replay or 0,
  counts, forgotten,
}
