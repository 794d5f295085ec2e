package dev.tandem.hybrid.internal.send;

import dev.tandem.hybrid.internal.wire.CallTry;

/**
 * One try of a lane's call.
 *
 * @param attempt what is sent
 */
record Try(Lane lane, PendingCall call, CallTry attempt) {}
