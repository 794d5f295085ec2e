package dev.tandem.api;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.tandem.api.error.MessagingException;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses MODULE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.tandem.api");

  @Test
  void dependsOnTheJdkJSpecifyJacksonAndZstdOnly() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "dev.tandem.api..",
            "java..",
            "javax.crypto..",
            "org.jspecify.annotations..",
            "tools.jackson..",
            "com.github.luben.zstd..")
        .check(MODULE);
  }

  @Test
  void onlySerdesKnowHowBytesAreMade() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tandem.api.serde.internal..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("tools.jackson..", "com.github.luben.zstd..")
        .check(MODULE);
  }

  @Test
  void publicSignaturesShowNothingInternalAndNoLibrary() {
    classes()
        .that()
        .arePublic()
        .and(resideInAPackage("..internal..").negate())
        .should(showOnlyPublicTypes())
        .check(MODULE);
  }

  @Test
  void packagesDependOneWay() {
    slices().matching("dev.tandem.api.(*)..").should().beFreeOfCycles().check(MODULE);
  }

  @Test
  void exceptionsAreOneFamily() {
    classes()
        .that()
        .areAssignableTo(Throwable.class)
        .should()
        .beAssignableTo(MessagingException.class)
        .andShould()
        .resideInAPackage("dev.tandem.api.error")
        .check(MODULE);
  }

  @Test
  void timeThreadsAndPropertiesComeFromOutside() {
    noClasses()
        .should()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "getProperty", String.class)
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callConstructor(Thread.class, Runnable.class)
        .check(MODULE);
  }

  @Test
  void everyPackageIsNullMarked() {
    Set<String> unmarked =
        MODULE.stream()
            .map(JavaClass::getPackage)
            .filter(javaPackage -> !javaPackage.isAnnotatedWith(NullMarked.class))
            .map(javaPackage -> javaPackage.getName())
            .collect(Collectors.toSet());

    assertThat(unmarked).isEmpty();
  }

  private static ArchCondition<JavaClass> showOnlyPublicTypes() {
    return new ArchCondition<>("show only public types of this module and the JDK") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        Stream<JavaType> parents =
            Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream());
        Stream<JavaType> members =
            type.getMembers().stream()
                .filter(ArchitectureTest::isVisible)
                .flatMap(ArchitectureTest::typesOf);
        Stream.concat(parents, members)
            .flatMap(shown -> shown.getAllInvolvedRawTypes().stream())
            .map(JavaClass::getBaseComponentType)
            .filter(ArchitectureTest::isHidden)
            .forEach(
                hidden ->
                    events.add(
                        SimpleConditionEvent.violated(
                            type, type.getName() + " shows " + hidden.getName())));
      }
    };
  }

  private static boolean isVisible(JavaMember member) {
    return member.getModifiers().contains(JavaModifier.PUBLIC)
        || member.getModifiers().contains(JavaModifier.PROTECTED);
  }

  private static Stream<JavaType> typesOf(JavaMember member) {
    if (member instanceof JavaField field) {
      return Stream.of(field.getType());
    }
    JavaCodeUnit unit = (JavaCodeUnit) member;
    return Stream.of(
            Stream.of(unit.getReturnType()),
            unit.getParameterTypes().stream(),
            unit.getExceptionTypes().stream())
        .flatMap(types -> types);
  }

  private static boolean isHidden(JavaClass shown) {
    String name = shown.getPackageName();
    boolean ours = name.equals("dev.tandem.api") || name.startsWith("dev.tandem.api.");
    boolean known =
        shown.isPrimitive() || name.startsWith("java.") || name.startsWith("javax.crypto");
    return ours
        ? name.contains(".internal") || !shown.getModifiers().contains(JavaModifier.PUBLIC)
        : !known;
  }
}
