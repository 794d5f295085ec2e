-- Appends messages that are due to their stream, in the order in which they are due.
-- KEYS: scheduled, messages, recent, stream, the tenant's quotas, quota of the stream. ARGV: most messages,
-- most bytes (one may be larger).
-- Result: how many were appended, how many of these cannot be read, how many had no data and are gone,
-- ms until the next is due (-1: none waits), error text.
-- What the quota for the stream's length leaves no room for waits, and so does what would take the room that
-- processes were given for what they are about to append (see room.lua of the quotas). The bytes are counted,
-- so that those who append by themselves may append less; nothing waits for them here.
local time = now()
local appended, unreadable, missing, bytes, failure = 0, 0, 0, 0, ''
local counted = 0

-- When a message was scheduled, and its fields, which are packed as <length>:<bytes>; nil if they are
-- not.
local function unpacked(value)
  local since, rest = string.match(value, '^(%d+);()')
  local fields, at = {}, rest
  while at and at <= #value do
    local length, from = string.match(value, '^(%d%d?%d?%d?%d?%d?%d?%d?%d?):()', at)
    if not length or from + length - 1 > #value or #fields >= 256 then
      return nil
    end
    fields[#fields + 1] = string.sub(value, from, from + length - 1)
    at = from + length
  end
  if not rest or #fields == 0 or #fields % 2 == 1 then
    return nil
  end
  return tonumber(since), fields
end

local most = tonumber(redis.call('HGET', KEYS[5], 'stream-length') or 'none')
local kept = 0
for _, value in ipairs(most and redis.call('HGETALL', KEYS[6]) or {}) do
  local entries, till = string.match(value, '^(%d+) %d+ (%d+)$') -- what a process was given looks so
  if till and tonumber(till) >= time then
    kept = kept + entries
  end
end

-- Why the stream may take no more, or nil.
local function full()
  return most and redis.call('XLEN', KEYS[4]) + kept >= most
    and 'QUOTA_EXCEEDED quota stream-length of ' .. string.format('%.0f', most) .. ' of the tenant: ' .. KEYS[4]
end

-- What an entry counts by a quota for bytes.
local function size(fields)
  local sum = 64
  for _, text in ipairs(fields) do
    sum = sum + #text
  end
  return sum
end

forget(KEYS[3], time)
local due = string.format('%.0f', time)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', due, 'LIMIT', 0, ARGV[1])) do
  bytes = bytes + redis.call('HSTRLEN', KEYS[2], id)
  if bytes > tonumber(ARGV[2]) and appended > 0 then
    break
  end
  local value = redis.call('HGET', KEYS[2], id)
  if value then
    failure = full() or ''
    if failure ~= '' then
      break
    end
    local since, fields = unpacked(value)
    -- What cannot be read is kept where every group finds it and puts it among its dead letters.
    local entry = fields or {'unreadable', value}
    local added = redis.pcall('XADD', KEYS[4], '*', unpack(entry))
    if type(added) == 'table' and added.err then
      failure = added.err
      break
    end
    appended, counted = appended + 1, counted + size(entry)
    unreadable = unreadable + (fields and 0 or 1)
    if since and time - since < 60000 then
      remember(KEYS[3], id, time)
    end
  else
    missing = missing + 1
  end
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
if counted > 0 and redis.call('HGET', KEYS[6], 'total') then
  redis.call('HINCRBY', KEYS[6], 'total', counted)
end
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
local wait = first and math.max(0, math.min(tonumber(first) - time, 2 ^ 52)) or -1
return {appended, unreadable, missing, math.ceil(wait), failure}
