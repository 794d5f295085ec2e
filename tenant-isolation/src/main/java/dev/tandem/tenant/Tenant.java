package dev.tandem.tenant;

/**
 * Whose data a call concerns. Every call of every module names a tenant, and touches only keys and
 * channels under that tenant's prefix.
 *
 * <p>Names are case-sensitive and follow {@link Names}. A tenant needs no registration. What keeps
 * tenants apart here is naming: a program that reaches Redis by other means is held back only by
 * Redis' own access control.
 *
 * <p>Thread safety: immutable.
 *
 * @param name the tenant's name
 */
public record Tenant(String name) {
  /** Refuses names that break the rule. */
  public Tenant {
    Names.check("tenant", name);
  }

  /**
   * Returns the tenant of this name.
   *
   * @throws dev.tandem.api.error.InvalidValueException if the name breaks the rule of {@link Names}
   */
  public static Tenant of(String name) {
    return new Tenant(name);
  }

  @Override
  public String toString() {
    return name;
  }
}
