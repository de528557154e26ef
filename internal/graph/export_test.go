package graph

// A RouteNeed is what the tests of other packages see of a route.
type RouteNeed struct{ Path, Permission string }

// RouteNeeds lists the routes of a Reader.
func RouteNeeds() []RouteNeed {
	var out []RouteNeed
	for _, r := range readRoutes {
		out = append(out, RouteNeed{r.pattern, r.permission})
	}
	return out
}

// ReadCmdlets lists the cmdlets of a Reader.
func ReadCmdlets() []string { return readCmdlets }
