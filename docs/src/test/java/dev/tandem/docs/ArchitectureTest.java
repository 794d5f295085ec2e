package dev.tandem.docs;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.tandem.api.error.MessagingException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The arrows between modules, and what each keeps to itself. */
class ArchitectureTest {
  private static final List<String> MODULES =
      List.of("api", "redis", "tenant", "streams", "pubsub", "hybrid", "outbox", "testkit");

  /** The only internal packages that other modules may use, and which modules may. */
  private static final Map<String, List<String>> OPEN_INTERNALS =
      Map.of(
          "dev.tandem.api.internal", List.of("dev.tandem.."),
          "dev.tandem.api.export.internal",
              List.of("dev.tandem.tenant..", "dev.tandem.streams..", "dev.tandem.pubsub.."),
          "dev.tandem.streams.internal.entry", List.of("dev.tandem.hybrid.."),
          "dev.tandem.streams.internal.transaction", List.of("dev.tandem.hybrid.."),
          "dev.tandem.pubsub.internal.frame", List.of("dev.tandem.hybrid.."),
          "dev.tandem.pubsub.internal.limit", List.of("dev.tandem.hybrid.."),
          "dev.tandem.tenant.internal.quota",
              List.of("dev.tandem.streams..", "dev.tandem.pubsub..", "dev.tandem.hybrid.."),
          "dev.tandem.hybrid.internal.numbered", List.of("dev.tandem.outbox.."));

  private static final JavaClasses PRODUCT =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.tandem");

  @Test
  void modulesDependInOneDirection() {
    layeredArchitecture()
        .consideringOnlyDependenciesInAnyPackage("dev.tandem..")
        .layer("api")
        .definedBy("dev.tandem.api..")
        .layer("redis")
        .definedBy("dev.tandem.redis..")
        .layer("tenant")
        .definedBy("dev.tandem.tenant..")
        .layer("streams")
        .definedBy("dev.tandem.streams..")
        .layer("pubsub")
        .definedBy("dev.tandem.pubsub..")
        .layer("hybrid")
        .definedBy("dev.tandem.hybrid..")
        .layer("outbox")
        .definedBy("dev.tandem.outbox..")
        .layer("testkit")
        .definedBy("dev.tandem.testkit..")
        .whereLayer("outbox")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("hybrid")
        .mayOnlyBeAccessedByLayers("outbox")
        .whereLayer("streams")
        .mayOnlyBeAccessedByLayers("hybrid", "outbox")
        .whereLayer("pubsub")
        .mayOnlyBeAccessedByLayers("hybrid", "outbox")
        .whereLayer("tenant")
        .mayOnlyBeAccessedByLayers("streams", "pubsub", "hybrid", "outbox")
        .whereLayer("redis")
        .mayOnlyBeAccessedByLayers("tenant", "streams", "pubsub", "hybrid", "outbox")
        .whereLayer("api")
        .mayOnlyBeAccessedByLayers("redis", "tenant", "streams", "pubsub", "hybrid", "outbox")
        .whereLayer("testkit")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("testkit")
        .mayNotAccessAnyLayer()
        .check(PRODUCT);
  }

  @Test
  void onlyTheRedisModuleKnowsJedis() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.tandem.redis..", "dev.tandem.testkit..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("redis.clients..")
        .check(PRODUCT);
  }

  @Test
  void internalPackagesStayInTheirModule() {
    for (String module : MODULES) {
      String[] closed =
          PRODUCT.stream()
              .map(type -> type.getPackageName())
              .distinct()
              .filter(name -> name.startsWith("dev.tandem." + module))
              .filter(name -> List.of(name.split("\\.")).contains("internal"))
              .filter(name -> !OPEN_INTERNALS.containsKey(name))
              .toArray(String[]::new);
      if (closed.length > 0) {
        noClasses()
            .that()
            .resideOutsideOfPackage("dev.tandem." + module + "..")
            .should(dependOnClassesThat(are(resideInAnyPackage(closed))))
            .check(PRODUCT);
      }
    }
  }

  @Test
  void openInternalPackagesAreOpenToTheirListOnly() {
    OPEN_INTERNALS.forEach(
        (name, users) -> {
          String owner = name.substring(0, name.indexOf(".internal")) + "..";
          classes()
              .that()
              .resideInAPackage(name)
              .should()
              .onlyHaveDependentClassesThat(
                  resideInAnyPackage(owner).or(resideInAnyPackage(users.toArray(String[]::new))))
              .check(PRODUCT);
        });
  }

  @Test
  void publicTypesShowNoInternalOnes() {
    methods()
        .that()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .arePublic()
        .and()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackage("..internal..")
        .should()
        .notHaveRawReturnType(resideInAnyPackage("dev.tandem..internal.."))
        .check(PRODUCT);
  }

  @Test
  void exceptionsAreOneFamily() {
    classes()
        .that()
        .areAssignableTo(Throwable.class)
        .and()
        .arePublic()
        .and()
        .resideOutsideOfPackages("dev.tandem.testkit..", "..internal..")
        .should()
        .beAssignableTo(MessagingException.class)
        .check(PRODUCT);
  }

  @Test
  void nobodySleepsOrReadsTheWallClockByHand() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tandem.testkit..")
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .check(PRODUCT);
  }

  @Test
  void packagesOfAModuleFormNoCycle() {
    slices()
        .matching("dev.tandem.(*)..")
        .should()
        .beFreeOfCycles()
        .check(PRODUCT.that(are(not(assignableTo(Enum.class)))));
  }
}
