package dev.tandem.streams;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.tandem.streams");

  @Test
  void noClassKnowsTheRedisClientOrTheLiveHalf() {
    assertThat(OURS).hasSizeGreaterThan(30);
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("redis.clients..", "dev.tandem.pubsub..", "dev.tandem.hybrid..")
        .check(OURS);
  }

  @Test
  void internalsOfOtherModulesStayInternal() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.tandem.redis.internal..")
        .check(OURS);
  }
}
