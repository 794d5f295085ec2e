/**
 * The wire format of live channels. Internal to Tandem: may change in any release.
 *
 * <h2>Frames</h2>
 *
 * <p>What is published to a Redis channel, and stored in its buffer, is a <b>frame</b>: one JSON
 * object in UTF-8 with one or more messages.
 *
 * <pre>{@code
 * {"version":41,"count":2,"epoch":"3w5e11264sgsg","previous":"9x1k","timestamp":1790000000000,
 *  "ids":["1526919030474-55","1526919030474-56"],
 *  "tenant":"acme","channel":"board","instanceId":"k3x9q0a7","nonce":"1y2p0ij32e8e7",
 *  "messages":[
 *   {"id":"k3x9q0a7-7","type":"order.placed","key":"c-12","headers":{"trace":"4bf9"},"data":{"total":3}},
 *   {"id":"k3x9q0a7-8","type":"photo","data":"/9j/4AAQ","encoding":"base64"}]}
 * }</pre>
 *
 * <ul>
 *   <li>{@code version}: the version of the first message; the others follow in steps of one. At
 *       most 2^53 - 1.
 *   <li>{@code count}: how many messages there are.
 *   <li>{@code epoch}: the log that the versions belong to. {@code version}, {@code epoch} and
 *       {@code previous} are absent on fleeting channels.
 *   <li>{@code nonce}: random for each frame; {@code previous}: the nonce of the frame before,
 *       empty before version 1. Both are 1 to 16 lower-case letters and digits.
 *   <li>{@code timestamp}: when Redis took the frame, in milliseconds since 1970, by its clock,
 *       within 50 ms. Single messages on a fleeting channel are published as they are, without a
 *       script: when they were sent, by the publisher's clock.
 *   <li>{@code ids}: if present, the ids of the messages, instead of theirs.
 *   <li>{@code instanceId}: the bus that published.
 *   <li>{@code type}, {@code encoding}: if present, those of all messages that have none.
 *   <li>{@code firstId}: if present, the first message's id; it ends in a dash and a number, from
 *       which the ids of the others count on in steps of one.
 *   <li>{@code messages}: at least one. Published one by one, at most {@value
 *       dev.tandem.pubsub.internal.frame.FrameBody#MAX_MESSAGES} or 256 KiB travel together; a
 *       batch has all of a channel in one frame.
 *   <li>in a message, {@code ttl}: only if it expires; how long after {@code timestamp}, in
 *       milliseconds. Readers leave out, and count as seen, what is older by the server's clock.
 *   <li>in a message, {@code id}, {@code type}: always there, unless the frame says them; {@code
 *       key} and {@code headers} only if given. {@code data} is the payload: any JSON value, or a
 *       string whose UTF-8 the payload is if its {@code encoding} is {@code text}, or a string of
 *       Base64 if it is {@code base64}.
 * </ul>
 *
 * <p>Members up to {@code ids} are written by the script, unless the publisher could foresee them,
 * before the others; readers take them in any order and skip what they do not know.
 *
 * <h2>Positions</h2>
 *
 * <p>A message stands at (epoch, version of the frame plus its index, nonce of the frame).
 */
@NullMarked
package dev.tandem.pubsub.internal.frame;

import org.jspecify.annotations.NullMarked;
