package dev.tandem.docs.tenants;

import org.jspecify.annotations.Nullable;

/**
 * One public operation of the libraries.
 *
 * @param method the method, as {@code StreamProducer.send(Tenant,StreamTopic,Message)}
 * @param seed what it needs to find, made by somebody else
 * @param call calls it on the world's connection, for the world's tenant; throws if that is refused
 * @param <S> what it needs to find
 */
record Operation<S>(String method, Step<World, S> seed, Call<S> call) {
  /** A call that may fail in any way. */
  interface Step<A, R> {
    R apply(A argument) throws Exception;
  }

  /** The operation itself, where nothing need be prepared; what it gives back is let go. */
  interface Use {
    @Nullable Object of(World world) throws Exception;
  }

  /** The operation itself. */
  interface Call<S> {
    void on(World world, S seed) throws Exception;
  }

  /** An operation that needs no more than what {@link World#populate} made. */
  static Operation<?> of(String method, Use call) {
    return new Operation<>(method, world -> "", (world, none) -> call.of(world));
  }

  static <S> Operation<S> of(String method, Step<World, S> seed, Call<S> call) {
    return new Operation<>(method, seed, call);
  }

  /** Makes what is needed; the attempt calls the operation. */
  Attempt prepare(World world) throws Exception {
    S made = seed.apply(world);
    return () -> call.on(world, made);
  }

  /** The operation, with what it needs at hand. */
  interface Attempt {
    void run() throws Exception;
  }

  @Override
  public String toString() {
    return method;
  }
}
