-- Appends messages to a stream and publishes them to a live channel as one frame: all or nothing.
-- Follows append_frame.lua, whose functions it uses.
--
-- KEYS  1 stream   2 channel   3 buffer   4 meta
-- ARGV  1 retention in ms, 0 for a fleeting channel
--       2 the most messages to keep
--       3 an epoch to use if the channel has none
--       4 nonce of this frame
--       5 the frame's body
--       6 … per message: type, key, headers, data
-- Result  { epoch, first version, receivers, id, id, … }; epoch is '' and the version 0 if fleeting
--
-- What can be refused (wrong type, out of memory) is refused before anything is written: the head is
-- read first, and the first write is the XADD.
local retention, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local recoverable = retention > 0
local count = (#ARGV - 5) / 4
local head = nil
if recoverable then
  head = read_head(KEYS[4], KEYS[3], ARGV[3])
end

local ids = {}
for i = 1, count do
  local at = 6 + (i - 1) * 4
  local version = recoverable and string.format('%.0f', head.version + i) or ''
  ids[i] = redis.call('XADD', KEYS[1], '*', 'type', ARGV[at], 'key', ARGV[at + 1],
    'headers', ARGV[at + 2], 'data', ARGV[at + 3], 'version', version)
end

local extra = '"ids":["' .. table.concat(ids, '","') .. '"],'
local result
if recoverable then
  result = append_frame(KEYS[2], KEYS[3], KEYS[4], head, ARGV[4], count, extra, ARGV[5],
    retention, most)
else
  result = publish_fleeting(KEYS[2], count, extra, ARGV[5])
end
for i = 1, count do
  result[3 + i] = ids[i]
end
return result
