return increment(KEYS[1], ARGV[1])
