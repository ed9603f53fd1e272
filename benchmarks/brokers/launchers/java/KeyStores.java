import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;

/** For brokers that take a Java key store and no PEM file. */
final class KeyStores {
    /** PKCS #12 (RFC 7292) from a certificate and its PKCS #8 key, both PEM. The key is EC or RSA. */
    static void fromPem(final Path certificate, final Path key, final Path target, final char[] password)
            throws Exception {
        final Certificate[] chain;
        try (final var in = Files.newInputStream(certificate)) {
            chain = CertificateFactory.getInstance("X.509").generateCertificates(in).toArray(new Certificate[0]);
        }
        final KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, password);
        store.setKeyEntry("server", privateKey(Files.readString(key)), password, chain);
        try (final OutputStream out = Files.newOutputStream(target)) {
            store.store(out, password);
        }
    }

    private static PrivateKey privateKey(final String pem) throws Exception {
        final byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        final PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(der);
        try {
            return KeyFactory.getInstance("EC").generatePrivate(spec);
        } catch (final InvalidKeySpecException notElliptic) {
            return KeyFactory.getInstance("RSA").generatePrivate(spec);
        }
    }

    private KeyStores() {}
}
