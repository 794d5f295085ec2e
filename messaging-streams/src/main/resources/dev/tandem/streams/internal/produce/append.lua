-- Appends entries to a stream, in order, as many as there is room for; once, however often the call
-- is sent.
-- KEYS: stream, and the memory of a producer whose calls are remembered
-- ARGV: most entries in the stream (0: any number), this call's number (one producer's calls have
--       rising ones), how long it is remembered in ms, the newest id of this stream that the
--       producer knows of, if an earlier try of this call may have been executed ('': not so),
--       the number of the call that must have been executed just before ('0': any), how many values
--       each entry has (4 or 5), how many entries there are, and their values as one MessagePack
--       array of text, which costs the server a sixth less than an argument each: type, key,
--       headers, data, and if it is 5 the time to live in ms ('': does not expire)
-- Returns: {entries appended, length of the stream, ids}, ids as one text: the first id where the
--          others follow it in the same millisecond without a gap, otherwise all, with spaces; or
--          {-1, 0, ''} if a later call was executed, {-2, 0, ''} if it is not known any more whether
--          this call was executed, {-3, 0, ''} if the call that must come before it was not the
--          last one. Nothing is appended then.
-- The memory holds receipts, with ';' between them: that of the last call, and that of the call that
-- it came behind, whose reply the producer did not have then.
-- The server refuses (wrong type, no memory, no permission) at the first write or before: nothing is
-- half done.
local stream, memory = KEYS[1], KEYS[2]
local most, number, after = tonumber(ARGV[1]), ARGV[2], ARGV[5]
local width = tonumber(ARGV[6])
local count = tonumber(ARGV[7])

local function parts(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return ms, tonumber(seq)
end

-- Whether the stream still has all that the producer knows of: then a missing memory was not lost
-- along with the stream, but alone.
local function is_whole(known)
  if redis.call('EXISTS', stream) == 0 then
    return false
  end
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      local ms, seq = parts(info[i + 1])
      local known_ms, known_seq = parts(known)
      ms, known_ms = tonumber(ms), tonumber(known_ms)
      return ms > known_ms or (ms == known_ms and seq >= known_seq)
    end
  end
end

local before = ''
if memory then
  local receipts = redis.call('GET', memory)
  if receipts then
    for its_number, appended, ids in string.gmatch(receipts, '(%d+) (%d+) ([^;]*)') do
      if its_number == number then
        redis.call('PEXPIRE', memory, ARGV[3])
        return {tonumber(appended), redis.call('XLEN', stream), ids}
      end
    end
    local last = string.match(receipts, '^%d+')
    if tonumber(last) > tonumber(number) then
      return {-1, 0, ''}
    end
    if after ~= '0' then
      if last ~= after then
        return {-3, 0, ''}
      end
      before = ';' .. string.match(receipts, '^[^;]+')
    end
  elseif after ~= '0' then
    return {-3, 0, ''}
  elseif ARGV[4] ~= '' and is_whole(ARGV[4]) then
    return {-2, 0, ''}
  end
end

if most > 0 then
  local room = most - redis.call('XLEN', stream)
  if room <= 0 then
    return {0, most - room, ''}
  end
  count = math.min(count, room)
end

-- This loop is most of what a call costs: no globals, no tables of its own.
local call, values, ids = redis.call, cmsgpack.unpack(ARGV[8]), {}
local at = 1
for i = 1, count do
  local ttl = width == 5 and values[at + 4] or ''
  if ttl == '' then
    ids[i] = call('XADD', stream, '*', 'type', values[at], 'key', values[at + 1],
      'headers', values[at + 2], 'data', values[at + 3])
  else
    ids[i] = call('XADD', stream, '*', 'type', values[at], 'key', values[at + 1],
      'headers', values[at + 2], 'data', values[at + 3], 'ttl', ttl)
  end
  at = at + width
end

local first_ms, first_seq = parts(ids[1])
local last_ms, last_seq = parts(ids[count])
local text = ids[1]
if first_ms ~= last_ms or last_seq - first_seq ~= count - 1 then
  text = table.concat(ids, ' ')
end
if memory then
  redis.call('SET', memory, number .. ' ' .. count .. ' ' .. text .. before, 'PX', ARGV[3])
end
return {count, most > 0 and redis.call('XLEN', stream) or 0, text}
