package dev.tandem.testkit;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.tandem.testkit");

  @Test
  void dependsOnNoOtherModuleAndNoClientLibrary() {
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.tandem..").and(not(resideInAPackage("dev.tandem.testkit.."))))
        .orShould()
        .dependOnClassesThat(resideInAPackage("redis.clients.."))
        .check(CLASSES);
  }

  @Test
  void onlyTheContainerEngineKnowsTestcontainers() {
    noClasses()
        .that()
        .doNotHaveSimpleName("ContainerEngine")
        .should()
        .dependOnClassesThat(resideInAnyPackage("org.testcontainers..", "com.github.dockerjava.."))
        .check(CLASSES);
  }

  @Test
  void publicMethodsShowNoInternalType() {
    DescribedPredicate<JavaClass> internal = resideInAPackage("..internal..");
    methods()
        .that()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .resideInAPackage("dev.tandem.testkit")
        .and()
        .areDeclaredInClassesThat()
        .arePublic()
        .should()
        .notHaveRawReturnType(internal)
        .andShould()
        .notHaveRawParameterTypes(
            DescribedPredicate.describe("internal", types -> types.stream().anyMatch(internal)))
        .check(CLASSES);
  }
}
