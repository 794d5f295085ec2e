redis.call('RPUSH', KEYS[1], 'other ' .. ARGV[1])
return 'other ' .. ARGV[1]
