package dev.tandem.pubsub;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.tandem.pubsub");

  @Test
  void knowsNeitherJedisNorTheOtherModules() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "redis.clients..",
            "dev.tandem.streams..",
            "dev.tandem.hybrid..",
            "dev.tandem.redis.internal..",
            "dev.tandem.api.serde.internal..")
        .check(OURS);
  }

  @Test
  void theWireFormatStandsAlone() {
    noClasses()
        .that()
        .resideInAPackage("dev.tandem.pubsub.internal.frame")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.tandem.pubsub",
            "dev.tandem.pubsub.internal",
            "dev.tandem.pubsub.internal.log..",
            "dev.tandem.pubsub.internal.link..",
            "dev.tandem.pubsub.internal.publish..",
            "dev.tandem.pubsub.internal.subscribe..")
        .check(OURS);
  }

  @Test
  void internalPackagesHaveNoCycles() {
    slices().matching("dev.tandem.pubsub.internal.(*)..").should().beFreeOfCycles().check(OURS);
  }
}
