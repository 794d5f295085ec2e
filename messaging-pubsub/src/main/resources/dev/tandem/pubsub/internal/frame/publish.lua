-- Appends one frame to a recoverable channel and publishes it.
-- KEYS: meta, buffer
-- ARGV: channel, nonce, number of messages, body, epoch to begin a new log with, retention in ms,
--       most messages kept
-- Returns: epoch, first version, receivers
if not may_publish(ARGV[1]) then
  return redis.error_reply(NO_PERMISSION)
end
local head = read_head(KEYS[1], KEYS[2], ARGV[5])
return append_frame(
  ARGV[1], KEYS[2], KEYS[1], head, now_ms(), ARGV[2], tonumber(ARGV[3]), '', ARGV[4],
  tonumber(ARGV[6]), tonumber(ARGV[7]))
