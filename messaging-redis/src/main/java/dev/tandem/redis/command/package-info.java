/**
 * The layer Tandem's modules talk to Redis through: commands, scripts, replies, pipelines and
 * exclusive connections. Use it for what the modules do not cover; it knows no stream and no
 * channel.
 */
@NullMarked
package dev.tandem.redis.command;

import org.jspecify.annotations.NullMarked;
