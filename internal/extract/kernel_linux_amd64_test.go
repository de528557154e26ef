package extract

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestKernelsOfThisMachine compares the kernels that are chosen with what Linux
// says of the processor, and tells by name which of them this machine cannot
// compare. A kernel that VAKT_TEST_REQUIRE names must be there.
func TestKernelsOfThisMachine(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	_, flags, _ := strings.Cut(string(info), "\nflags")
	flags, _, _ = strings.Cut(flags, "\n")
	has := func(flag string) bool { return slices.Contains(strings.Fields(flags), flag) }
	const avx2 = "avx2 pclmulqdq bmi1 popcnt"
	for _, c := range []struct {
		kernel Kernel
		needs  string
	}{{Portable, ""}, {AVX2, avx2}, {AVX512, avx2 + " avx512f avx512bw"}} {
		t.Run(c.kernel.String(), func(t *testing.T) {
			k, lacks := c.kernel, slices.DeleteFunc(strings.Fields(c.needs), has)
			if got := slices.Contains(Kernels(), k); got != (len(lacks) == 0) {
				t.Errorf("among the kernels: %v; but the processor lacks %v of what it takes", got, lacks)
			}
			switch {
			case len(lacks) == 0:
			case slices.Contains(strings.Split(os.Getenv("VAKT_TEST_REQUIRE"), ","), k.String()):
				t.Fatalf("VAKT_TEST_REQUIRE asks for %v, but the processor lacks %v", k, lacks)
			default:
				t.Skipf("%v is not compared with the others: the processor lacks %v", k, lacks)
			}
		})
	}
}
