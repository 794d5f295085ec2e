-- Reads where several logs of one tenant stand. Begins those that are not there, and keeps those
-- alive that are only read, as read.lua does.
-- KEYS: meta, buffer, index of each; the index is the same for all
-- ARGV: epoch to begin a new log with, retention in ms of each
-- Returns: epoch, version, nonce of each, in one list
local now = now_ms()
local heads, names = {}, {}
for i = 1, #KEYS / 3 do
  local meta, buffer = KEYS[3 * i - 2], KEYS[3 * i - 1]
  local head = read_head(meta, buffer, KEYS[3 * i], ARGV[2 * i - 1])
  keep_head(meta, buffer, head, now, tonumber(ARGV[2 * i]), names)
  heads[#heads + 1] = head.epoch
  heads[#heads + 1] = head.version
  heads[#heads + 1] = head.nonce
end
if #names > 0 then
  rare().register(KEYS[3], names, now)
end
return heads
