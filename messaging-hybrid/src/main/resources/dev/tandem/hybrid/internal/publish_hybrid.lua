-- Appends messages to a stream and publishes them to a live channel as one frame: all or nothing.
-- Follows append_frame.lua, whose functions it uses.
-- KEYS: stream, meta, buffer, index of the tenant's channels
-- ARGV: channel, nonce, number of messages, frame body, epoch to begin a new log with,
--       retention in ms (0: fleeting, nothing stored on the channel), most messages kept,
--       and for each message: type, key, headers, data, time to live in ms ('': does not expire)
-- Returns: epoch, first version, receivers, then the stream entry ids; epoch '' and version 0 if
--          fleeting
-- What the server refuses (wrong type, no memory, no permission) it refuses at the first write, the
-- XADD, or before: nothing is half done. Except before Redis 7.0, where a user who may write the keys
-- but not publish to the channel is refused at the end, with the rest done.
if not may_publish(ARGV[1]) then
  return redis.error_reply(NO_PERMISSION)
end
local nonce, count, body = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local retention_ms = tonumber(ARGV[6])
local recoverable = retention_ms > 0
local head
if recoverable then
  head = read_head(KEYS[2], KEYS[3], KEYS[4], ARGV[5])
  redis.call('ZCARD', KEYS[3])
end

local function append(version, type, key, headers, data, ttl)
  if ttl == '' then
    return redis.call('XADD', KEYS[1], '*',
      'type', type, 'key', key, 'headers', headers, 'data', data, 'version', version)
  end
  return redis.call('XADD', KEYS[1], '*',
    'type', type, 'key', key, 'headers', headers, 'data', data, 'ttl', ttl, 'version', version)
end

local ids = {}
for i = 1, count do
  ids[i] = append(recoverable and whole(head.version + i) or '', unpack(ARGV, 3 + i * 5, 7 + i * 5))
end

local extra = '"ids":["' .. table.concat(ids, '","') .. '"],'
local reply
if recoverable then
  reply = append_frame(ARGV[1], KEYS[3], KEYS[2], head, now_ms(), nonce, count, extra, body,
    retention_ms, tonumber(ARGV[7]))
else
  local frame = '{"count":' .. whole(count) .. ',"timestamp":' .. whole(now_ms()) .. ',' .. extra .. body
  reply = {'', 0, redis.call('PUBLISH', ARGV[1], frame)}
end
for i = 1, count do
  reply[3 + i] = ids[i]
end
return reply
