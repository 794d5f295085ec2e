package dev.tandem.redis;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethod;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses MODULE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.tandem.redis");

  @Test
  void internalTypesShowInNoPublicMethod() {
    methods()
        .that()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackage("..internal..")
        .should()
        .notHaveRawReturnType(resideInAPackage("dev.tandem.redis.internal.."))
        .andShould()
        .notHaveRawParameterTypes(
            com.tngtech.archunit.base.DescribedPredicate.anyElementThat(
                resideInAPackage("dev.tandem.redis.internal..")))
        .check(MODULE);
  }

  @Test
  void commandsAndBatchesDoNotKnowWhatIsBehindThem() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.tandem.redis.command..", "dev.tandem.redis.batch..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.tandem.redis.internal..", "dev.tandem.redis")
        .check(MODULE);
  }

  @Test
  void knowsNoTenantStreamOrChannel() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "java..",
            "org.jspecify..",
            "org.slf4j..",
            "redis.clients..",
            "org.apache.commons.pool2..",
            "io.github.resilience4j..",
            "com.codahale.metrics..",
            "dev.tandem.api..",
            "dev.tandem.redis..")
        .check(MODULE);
  }

  @Test
  void timeComesInFromOutside() {
    noClasses()
        .should(callMethod(Thread.class, "sleep", long.class))
        .orShould(callMethod(System.class, "currentTimeMillis"))
        .orShould(callMethod(java.time.Instant.class, "now"))
        .check(MODULE);
    noClasses()
        .that()
        .doNotHaveSimpleName("BatchBuffer") // when its drain time ends, and what is kept is due
        .should(callMethod(System.class, "nanoTime"))
        .check(MODULE);
  }

  @Test
  void nothingBlocksUnderAMonitor() {
    methods()
        .should()
        .notHaveModifier(com.tngtech.archunit.core.domain.JavaModifier.SYNCHRONIZED)
        .check(MODULE);
  }
}
