import com.hivemq.embedded.EmbeddedHiveMQ;
import java.nio.file.Files;
import java.nio.file.Path;

/** HiveMQ CE as a process of its own: CONFIG_FOLDER DATA_FOLDER EXTENSIONS_FOLDER [CERTIFICATE KEY KEY_STORE PASSWORD]. */
public class Launcher {
    public static void main(final String[] args) throws Exception {
        for (int i = 0; i < 3; i++) Files.createDirectories(Path.of(args[i]));
        if (args.length == 7)
            KeyStores.fromPem(Path.of(args[3]), Path.of(args[4]), Path.of(args[5]), args[6].toCharArray());
        final EmbeddedHiveMQ hiveMQ = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(Path.of(args[0]))
                .withDataFolder(Path.of(args[1]))
                .withExtensionsFolder(Path.of(args[2]))
                .build();
        hiveMQ.start().join();
    }
}
