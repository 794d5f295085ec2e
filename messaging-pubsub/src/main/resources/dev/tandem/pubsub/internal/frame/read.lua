-- Reads where a log stands and what follows a version. Begins a log where there is none, so that
-- every reader has an epoch to compare with later, and keeps one alive that is only read.
-- KEYS: meta, buffer, index; where quotas are enforced: those of the tenant, its channels that are about
--       to begin
-- ARGV: epoch to begin a new log with, retention in ms, what ('head', 'latest', 'after', 'all'),
--       for 'after': epoch and version that the reader has; most frames, most bytes
-- Returns: epoch, version, nonce, whether there is more than was read (1 or 0), the server's time in
--   ms, frames…
--   If there is no log and the quotas allow none: '', -1, how many channels the tenant may have.
--   'after' gives the frame that contains the reader's version too, to verify its nonce; if the
--   epoch is another one it gives all. 'latest' gives the newest frame.
local head = read_head(KEYS[1], KEYS[2], KEYS[3], ARGV[1])
local now = now_ms()
local most = keep_head(KEYS[1], KEYS[2], head, now, tonumber(ARGV[2]), KEYS[4], KEYS[5])
if most then
  return {'', -1, string.format('%.0f', most)}
end
local reply = {head.epoch, head.version, head.nonce, 0, now}
local from = '-'
if ARGV[3] == 'head' then
  return reply
elseif ARGV[3] == 'latest' then
  local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  reply[6] = newest and newest[2][2]
  return reply
elseif ARGV[3] == 'after' and ARGV[4] == head.epoch then
  if tonumber(ARGV[5]) >= head.version then
    return reply
  end
  from = ARGV[5]
end
local most_frames = tonumber(ARGV[6])
local most_bytes = tonumber(ARGV[7])
local page = 16
local frames = 0
local bytes = 0
while true do
  local found = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', page)
  for _, entry in ipairs(found) do
    local frame = entry[2][2]
    from = '(' .. entry[1]
    -- Two at least: the first may be the one that the reader has.
    if frames >= 2 and (frames >= most_frames or bytes + #frame > most_bytes) then
      reply[4] = 1
      return reply
    end
    frames = frames + 1
    bytes = bytes + #frame
    reply[5 + frames] = frame
  end
  if #found < page then
    return reply
  end
end
