#include "textflag.h"

// func fetch(s *seen)
TEXT ·fetch(SB), NOSPLIT, $0-8
	MOVQ s+0(FP), AX
	PREFETCHT0 (AX)
	PREFETCHT0 40(AX)
	RET
