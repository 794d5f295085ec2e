/** How quotas are kept: rights taken in advance, room in streams, subscriptions counted. */
@NullMarked
package dev.tandem.tenant.internal.quota;

import org.jspecify.annotations.NullMarked;
