package dev.tandem.tenant;

import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethod;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses MODULE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.tandem.tenant");

  @Test
  void knowsTheConnectionAndNoMessages() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "org.jspecify..",
            "org.slf4j",
            "dev.tandem.api.error..",
            "dev.tandem.api.export..",
            "dev.tandem.api.internal..",
            "dev.tandem.api.serde",
            "javax.crypto",
            "com.codahale.metrics",
            "dev.tandem.redis",
            "dev.tandem.redis.command..",
            "dev.tandem.tenant..")
        .check(MODULE);
  }

  @Test
  void needsNoTime() {
    noClasses()
        .should(callMethod(Thread.class, "sleep", long.class))
        .orShould(callMethod(System.class, "currentTimeMillis"))
        .orShould(callMethod(System.class, "nanoTime"))
        .check(MODULE);
  }
}
