-- Gives up a claim on a dead letter that stays.
-- KEYS: claims. ARGV: holder, id. Result: 1 given up, 0 it was not ours any more.
local owner = string.match(redis.call('HGET', KEYS[1], ARGV[2]) or '', '^(%S+) ')
return owner == ARGV[1] and redis.call('HDEL', KEYS[1], ARGV[2]) or 0
