package dev.tandem.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A {@code String} parameter that receives a tenant name no other test has, for example {@code
 * t-4kz09qpd}, so that tests share a server without meeting.
 *
 * <p>Within one test the first such parameter of the constructor, of each lifecycle method and of
 * the test method is the same name; the second is another one, again the same everywhere, and so
 * on. {@code @BeforeAll} and {@code @AfterAll} methods get names of the class.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface UniqueTenant {}
