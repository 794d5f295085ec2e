/** Quotas of tenants: what they may have, who keeps them within it, and what they use. */
@NullMarked
package dev.tandem.tenant.quota;

import org.jspecify.annotations.NullMarked;
