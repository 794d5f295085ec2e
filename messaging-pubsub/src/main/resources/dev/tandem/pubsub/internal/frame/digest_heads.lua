-- Tells whether several logs of one tenant stand where the caller thinks they do. Writes nothing.
-- KEYS: meta of each
-- Returns: the SHA-1, in hexadecimal, of epoch, version and nonce of each, each followed by a line
--   feed; of what is not there nothing but the line feed
local all = {}
for i, meta in ipairs(KEYS) do
  local head = redis.call('HMGET', meta, 'epoch', 'version', 'nonce')
  all[i] = (head[1] or '') .. '\n' .. (head[2] or '') .. '\n' .. (head[3] or '') .. '\n'
end
return redis.sha1hex(table.concat(all))
