-- Reads where several logs of one tenant stand. Begins those that are not there, and keeps those
-- alive that are only read, as read.lua does.
-- KEYS: meta, buffer, index of each; the index is the same for all; where quotas are enforced: those of
--       the tenant, its channels that are about to begin
-- ARGV: epoch to begin a new log with, retention in ms of each
-- Returns: epoch, version, nonce of each, in one list; of one whose log the quotas do not allow to begin:
--          '', -1, how many channels the tenant may have
local now = now_ms()
local heads, names = {}, {}
local count = #ARGV / 2
local limits, kept = KEYS[3 * count + 1], KEYS[3 * count + 2]
for i = 1, count do
  local meta, buffer = KEYS[3 * i - 2], KEYS[3 * i - 1]
  local head = read_head(meta, buffer, KEYS[3 * i], ARGV[2 * i - 1])
  local most = keep_head(meta, buffer, head, now, tonumber(ARGV[2 * i]), limits, kept, names)
  heads[#heads + 1] = most and '' or head.epoch
  heads[#heads + 1] = most and -1 or head.version
  heads[#heads + 1] = most and string.format('%.0f', most) or head.nonce
end
if #names > 0 then
  rare().register(KEYS[3], names, now)
end
return heads
