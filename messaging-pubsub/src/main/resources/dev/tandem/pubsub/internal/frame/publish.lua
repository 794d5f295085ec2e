-- Appends one frame to a recoverable channel and publishes it; once, however often the call is sent.
-- KEYS: meta, buffer, the publisher's own (see publisher_memory.lua), index
-- ARGV: channel, nonce, number of messages, body, epoch to begin a new log with, retention in ms,
--       most messages kept, the publisher, this call's number, the number of the publisher's call
--       that must be the last one executed ('0': any), whether an earlier try may have been executed
--       (1 or 0); if the body has its head in front already: where the log stands if that is right
--       ('epoch version nonce'), its timestamp, its bytes
-- Returns: epoch, first version, receivers, the server's time in ms (absent if the call was executed
--          before); or '' and a negative number, and nothing is done: -1 if a later call was
--          executed, -2 if the call before was not
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
if reply then
  return reply
end
local now, body, ready = now_ms(), ARGV[4], nil
if ARGV[12] then
  local stands = head.epoch .. ' ' .. whole(head.version) .. ' ' .. head.nonce
  if ARGV[12] == stands and math.abs(now - ARGV[13]) <= TIME_OFF_MS then
    ready = body
  else
    body = string.sub(body, ARGV[14] + 1)
  end
end
local answer = append_frame(
  ARGV[1], KEYS[2], KEYS[1], head, now, ARGV[2], ARGV[3], '', body, tonumber(ARGV[6]), ARGV[7],
  remember, {key = KEYS[3], publisher = publisher, number = number, wanted = wanted}, ready)
answer[4] = now
return answer
