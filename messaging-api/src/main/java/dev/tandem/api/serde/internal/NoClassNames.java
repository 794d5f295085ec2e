package dev.tandem.api.serde.internal;

import tools.jackson.databind.DatabindContext;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.jsontype.PolymorphicTypeValidator;

/** Refuses every type whose annotations let JSON choose a class by its Java name. */
final class NoClassNames extends PolymorphicTypeValidator {
  private static final long serialVersionUID = 1L;

  @Override
  public Validity validateBaseType(DatabindContext context, JavaType base) {
    return Validity.DENIED;
  }

  @Override
  public Validity validateSubClassName(DatabindContext context, JavaType base, String subclass) {
    return Validity.DENIED;
  }

  @Override
  public Validity validateSubType(DatabindContext context, JavaType base, JavaType subtype) {
    return Validity.DENIED;
  }
}
