package dev.tandem.examples.quickstart;

import dev.tandem.api.Message;
import dev.tandem.tenant.Tenant;

/**
 * One valid line of the input.
 *
 * @param tenant whose event it is
 * @param message what is published; the payload is the line's JSON text as it stood
 */
record Event(Tenant tenant, Message<String> message) {}
