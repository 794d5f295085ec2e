-- Removes a group and what is kept about it, apart from its dead letters.
-- KEYS: stream, due, sweep, trim. ARGV: group, 1 to remove it only if nothing is lost by it.
-- Result: 1 removed, 0 not; entries pending.
local stream, group = KEYS[1], ARGV[1]
local waiting = redis.call('XPENDING', stream, group)[1]
if ARGV[2] == '1' then
  local unread = false
  for _, flat in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local info = {}
    for i = 1, #flat, 2 do info[flat[i]] = flat[i + 1] end
    if info.name == group then
      unread = #redis.call('XRANGE', stream, '(' .. info['last-delivered-id'], '+', 'COUNT', 1) > 0
    end
  end
  if waiting > 0 or unread then
    return {0, waiting}
  end
end
redis.call('XGROUP', 'DESTROY', stream, group)
redis.call('DEL', KEYS[2], KEYS[3])
for _, what in ipairs({'quiet:', 'unread:', 'pending:', 'lost-from:', 'lost-to:', 'needs:'}) do
  redis.call('HDEL', KEYS[4], what .. group)
end
for _, what in ipairs({'mark:', 'restored:', 'restoring:'}) do
  redis.call('HDEL', KEYS[4], what .. group, 'replay-' .. what .. group)
end
return {1, waiting}
