package dev.tandem.examples.quickstart;

import dev.tandem.tenant.Tenant;
import java.util.List;

/**
 * What was read.
 *
 * @param events the valid lines, in order
 * @param tenants the tenants that they name, each once
 * @param rejected how many lines were not valid
 */
record Input(List<Event> events, List<Tenant> tenants, long rejected) {}
