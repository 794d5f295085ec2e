-- Looks at a group: where it stands, and what there is to do in it.
-- KEYS: stream, due, sweep, replay. ARGV: group, consumer, parked consumer, released consumer, lease in ms, for
-- how many ms nobody else sweeps, most pending entries to list, after how many ms a consumer is old.
-- Result: nothing if there is no such group; otherwise its position, its mark, ms until the next retry
-- is due (-1: none waits), 1 if it is our turn to sweep and there is something to sweep, 1 if some that
-- wait for a retry are not in the sorted set, for each other consumer that holds something {name, 1 if
-- it was silent for a lease time or what it holds is anybody's, 1 if it holds more than follows, id,
-- count…}, {consumers that hold nothing and were silent for long}, error text, entries to be replayed.
local stream, group = KEYS[1], ARGV[1]
if redis.call('EXISTS', stream) == 0 then
  return {}
end
local position
for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  if value_of(info, 'name') == group then
    position = value_of(info, 'last-delivered-id')
  end
end
if not position then
  return {}
end

local mark, parked, others, held, old = '', 0, false, {}, {}
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
  elseif name ~= ARGV[2] then
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
local wait, astray, failure = -1, 0, ''
local first = redis.pcall('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if first.err then
  failure = first.err
else
  wait = first[2] and math.max(0, math.floor(first[2] - now())) or -1
  astray = parked > redis.call('ZCARD', KEYS[2]) and 1 or 0
end

-- Taking turns saves work only: if the server is out of memory, everybody may.
local turn = 0
if others or astray == 1 then
  local got = redis.pcall('SET', KEYS[3], ARGV[2], 'NX', 'PX', ARGV[6])
  turn = got and 1 or 0
end
local replay = redis.pcall('XLEN', KEYS[4])
return {position, mark, wait, turn, astray, held, old, failure, type(replay) == 'number' and replay or 0}
