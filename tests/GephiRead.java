import java.io.File;
import java.util.Iterator;
import org.gephi.graph.api.Column;
import org.gephi.graph.api.Edge;
import org.gephi.graph.api.Element;
import org.gephi.graph.api.GraphController;
import org.gephi.graph.api.GraphModel;
import org.gephi.graph.api.Node;
import org.gephi.graph.api.Table;
import org.gephi.io.importer.api.Container;
import org.gephi.io.importer.api.ImportController;
import org.gephi.io.importer.api.Issue;
import org.gephi.io.processor.plugin.DefaultProcessor;
import org.gephi.project.api.ProjectController;
import org.openide.util.Lookup;

/** Imports a file with Gephi's toolkit and prints the graph, a line each, cells separated by tabs. */
public class GephiRead {
    public static void main(String[] arguments) throws Exception {
        ProjectController projects = Lookup.getDefault().lookup(ProjectController.class);
        projects.newProject();
        ImportController importer = Lookup.getDefault().lookup(ImportController.class);
        Container container = importer.importFile(new File(arguments[0]));
        container.closeLoader();
        for (Iterator<Issue> issues = container.getReport().getIssues(1000); issues.hasNext();) {
            Issue issue = issues.next();
            System.out.println("issue\t" + issue.getLevel() + "\t" + issue.getMessage());
        }
        importer.process(container, new DefaultProcessor(), projects.getCurrentWorkspace());
        GraphModel model = Lookup.getDefault().lookup(GraphController.class).getGraphModel();
        System.out.println("directed\t" + model.isDirected());
        for (Node node : model.getGraph().getNodes()) {
            System.out.println("node\t" + node.getId() + "\t" + node.getLabel() + cells(node, model.getNodeTable()));
        }
        for (Edge edge : model.getGraph().getEdges()) {
            String ends = edge.getSource().getId() + "\t" + edge.getTarget().getId();
            System.out.println("edge\t" + ends + "\t" + edge.getWeight() + cells(edge, model.getEdgeTable()));
        }
    }

    private static String cells(Element element, Table table) {
        StringBuilder out = new StringBuilder();
        for (Column column : table) {
            if (!column.isProperty()) {
                out.append("\t").append(column.getTitle()).append("=").append(element.getAttribute(column));
            }
        }
        return out.toString();
    }
}
