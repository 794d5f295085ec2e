-- Appends one frame to a recoverable channel and publishes it; once, however often the call is sent.
-- KEYS: meta, buffer, the publisher's own (see publisher_memory.lua), index
-- ARGV: channel, nonce, number of messages, body, epoch to begin a new log with, retention in ms,
--       most messages kept, the publisher, this call's number, the number of the publisher's call
--       that must be the last one executed ('0': any), whether an earlier try may have been executed
--       (1 or 0)
-- Returns: epoch, first version, receivers; or '' and a negative number, and nothing is done:
--          -1 if a later call was executed, -2 if the call before was not
-- Where nothing is remembered, the frame itself shows that the call was executed; if that is gone
-- too, it is executed again.
if not may_publish(ARGV[1]) then
  return redis.error_reply(NO_PERMISSION)
end
local head = read_head(KEYS[1], KEYS[2], KEYS[4], ARGV[5])
local publisher, number = ARGV[8], ARGV[9]
local reply, known, wanted = recall(head, KEYS[3], publisher, number, ARGV[10])
if not reply and not known and ARGV[11] == '1' and not head.fresh then
  reply = find_frame(KEYS[2], ARGV[2])
end
return reply or append_frame(
  ARGV[1], KEYS[2], KEYS[1], head, now_ms(), ARGV[2], ARGV[3], '', ARGV[4],
  tonumber(ARGV[6]), ARGV[7], remember,
  {key = KEYS[3], publisher = publisher, number = number, wanted = wanted})
