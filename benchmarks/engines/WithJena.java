// Jena SHACL: a file of triples, a file of shapes, its report as N-Triples.
//   java -cp CLASSPATH WithJena SHAPES DATA REPORT

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.jena.graph.Graph;
import org.apache.jena.riot.Lang;
import org.apache.jena.riot.RDFDataMgr;
import org.apache.jena.shacl.ShaclValidator;
import org.apache.jena.shacl.Shapes;
import org.apache.jena.shacl.ValidationReport;
import org.apache.jena.sparql.graph.GraphFactory;

public final class WithJena {
  public static void main(String[] files) throws Exception {
    Shapes shapes = Shapes.parse(RDFDataMgr.loadGraph(files[0]));
    long start = System.nanoTime();
    Graph data = GraphFactory.createDefaultGraph();
    RDFDataMgr.read(data, files[1]);
    long parsed = System.nanoTime();
    ValidationReport report = ShaclValidator.get().validate(shapes, data);
    long validated = System.nanoTime();
    try (OutputStream out = Files.newOutputStream(Path.of(files[2]))) {
      RDFDataMgr.write(out, report.getGraph(), Lang.NTRIPLES);
    }
    System.out.printf(
        "{\"parse\": %s, \"validate\": %s}%n", (parsed - start) / 1e9, (validated - parsed) / 1e9);
  }
}
