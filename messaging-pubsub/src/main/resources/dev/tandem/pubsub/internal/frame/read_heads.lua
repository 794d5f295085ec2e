-- Reads where several logs of one tenant stand. Begins those that are not there, and keeps those
-- alive that are only read, as read.lua does.
-- KEYS: meta, buffer of each
-- ARGV: epoch to begin a new log with, retention in ms of each
-- Returns: epoch, version, nonce of each, in one list
local now = now_ms()
local heads = {}
for i = 1, #KEYS, 2 do
  local head = read_head(KEYS[i], KEYS[i + 1], ARGV[i])
  if head.fresh or now - head.touched >= TOUCH_EVERY_MS then
    write_head(KEYS[i], KEYS[i + 1], head, now, tonumber(ARGV[i + 1]))
  end
  heads[#heads + 1] = head.epoch
  heads[#heads + 1] = head.version
  heads[#heads + 1] = head.nonce
end
return heads
