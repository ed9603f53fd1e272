import io.moquette.broker.Server;
import java.io.File;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Moquette as a process of its own: CONFIG_FILE [CERTIFICATE KEY KEY_STORE PASSWORD]. */
public class Launcher {
    public static void main(final String[] args) throws Exception {
        if (args.length == 5)
            KeyStores.fromPem(Path.of(args[1]), Path.of(args[2]), Path.of(args[3]), args[4].toCharArray());
        final Server server = new Server();
        server.startServer(new File(args[0]));
        Runtime.getRuntime().addShutdownHook(new Thread(server::stopServer));
        new CountDownLatch(1).await();
    }
}
